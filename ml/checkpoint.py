"""Checkpoints of a training, at optimiser steps.

The order of the windows follows from seed, member and epoch, so that the position in the epoch is
all the state there is beside weights and optimiser.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import PerrinError
from ..engines.seal import DamagedFileError
from .force_functional import ForceFunctional
from .tensor_file import read_tensors, write_tensors
from .trained import load_weights
from .training_job import Member


class CheckpointError(PerrinError, ValueError):
    """A checkpoint of another training."""


@dataclass
class Position:
    """How far a training is.

    Attributes
    ----------
    epoch, batch
        The batch to take next.
    loss
        Sum of squared errors over the batches of this epoch so far.
    history
        One record per finished epoch.
    seconds
        Wall time spent so far.
    runs
        Per try: first epoch and batch, processes and their backend, device and threads of each,
        fingerprint, and checkpoints it could not use.
    """

    epoch: int = 0
    batch: int = 0
    loss: float = 0.0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)


def save_checkpoint(
    path: Path,
    member: Member,
    position: Position,
    functional: ForceFunctional,
    optimiser: torch.optim.Optimizer,
    token: str,
) -> None:
    """Replace the checkpoint at `path`."""
    tensors = {f"weights.{name}": value for name, value in functional.state_dict().items()}
    for number, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": value for name, value in moments.items()}
    document = {"member": member.document(), "position": asdict(position)}
    write_tensors(path, tensors, document, token)


def load_checkpoint(
    path: Path,
    member: Member,
    functional: ForceFunctional,
    optimiser: torch.optim.Optimizer,
) -> Position:
    """Continue from a checkpoint: fill network and optimiser, return the position.

    Raises
    ------
    DamagedFileError
        It is not as it was written.
    CheckpointError
        It belongs to another training.
    """
    tensors, document = read_tensors(path)
    _expect_same(path, document["member"], member)
    load_weights(functional, _below("weights.", tensors), str(path))
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _below("optimiser.", tensors).items():
        number, moment = name.split(".")
        state.setdefault(int(number), {})[moment] = tensor
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    return Position(**document["position"])


def furthest(paths: Sequence[Path], member: Member) -> tuple[Path | None, list[str]]:
    """Find the checkpoint that got furthest, and say why others cannot be used."""
    reached: dict[tuple[int, int], Path] = {}
    complaints = []
    for path in paths:
        try:
            _, document = read_tensors(path)
            _expect_same(path, document["member"], member)
        except FileNotFoundError:
            continue
        except (DamagedFileError, CheckpointError) as error:
            complaints.append(str(error))
            continue
        reached[document["position"]["epoch"], document["position"]["batch"]] = path
    return (reached[max(reached)] if reached else None), complaints


def _expect_same(path: Path, found: dict[str, Any], member: Member) -> None:
    wanted = member.document()
    changed = [
        f"{name} is {found.get(name)}, not {wanted[name]}"
        for name in wanted
        if found.get(name) != wanted[name]
    ]
    if changed:
        raise CheckpointError(f"{path} is a checkpoint of another training: {'; '.join(changed)}")


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
