"""What the processes of a training are told, and the identity of what they make."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..engines.canonical import digest
from .architecture import FUNCTIONAL_VERSION, Architecture
from .settings import TrainingSettings

TRAINING_VERSION = 2
"""Raised when equal members come to be trained to other weights."""


STOP_FILE = "stop"
PROGRESS_FILE = "progress.json"
FAILURE_FILE = "failure"
"""Files in the scratch directory of a training: what its worker asks, and what it is told."""


@dataclass(frozen=True)
class Member:
    """Everything that decides the weights of one member of a committee, up to rounding.

    Attributes
    ----------
    data
        Key of the data set.
    number
        Which member of the committee.
    seed
        Root of its initial weights and of the order of its batches.
    validation
        State points that it does not train on.
    """

    data: str
    number: int
    seed: int
    architecture: Architecture
    settings: TrainingSettings
    validation: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Plain values; the number of processes only changes rounding and is not among them."""
        return {
            "data": self.data,
            "number": self.number,
            "seed": self.seed,
            "architecture": self.architecture.model_dump(mode="json"),
            "settings": self.settings.model_dump(mode="json", exclude={"processes"}),
            "validation": list(self.validation),
            "versions": [FUNCTIONAL_VERSION, TRAINING_VERSION],
        }

    @property
    def key(self) -> str:
        """Identity of the trained member."""
        return digest(self.document())


@dataclass(frozen=True)
class TrainingJob:
    """A training on its way to its processes.

    Attributes
    ----------
    member
        What is trained.
    data
        Sealed file with the profiles.
    output
        Where the trained member is written.
    checkpoint
        Where checkpoints are written.
    resume
        Checkpoints to start from: the furthest that is sound counts.
    scratch
        Directory for progress; `STOP_FILE` there asks for a checkpoint and an early end.
    token
        Part of every temporary name.
    fingerprint
        Digest of what decides the last bits of a result.
    checkpoint_seconds
        Time between checkpoints.
    deadline
        Unix time at which the processes must have left, None without a limit.
    """

    member: Member
    data: str
    output: str
    checkpoint: str
    resume: tuple[str, ...]
    scratch: str
    token: str
    fingerprint: str
    checkpoint_seconds: float = 10.0
    deadline: float | None = None

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        document = asdict(self) | {"member": _member_document(self.member)}
        path.write_text(json.dumps(document))

    @classmethod
    def load(cls, path: Path) -> TrainingJob:
        """Read what `save` wrote."""
        document = json.loads(path.read_text())
        return cls(**{**document, "member": member_from(document["member"])})


def _member_document(member: Member) -> dict[str, Any]:
    return member.document() | {"settings": member.settings.model_dump(mode="json")}


def member_from(document: dict[str, Any]) -> Member:
    """Build a member from its document."""
    return Member(
        data=document["data"],
        number=document["number"],
        seed=document["seed"],
        architecture=Architecture.model_validate(document["architecture"]),
        settings=TrainingSettings.model_validate(document["settings"]),
        validation=tuple(document["validation"]),
    )
