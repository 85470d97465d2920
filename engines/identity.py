"""Who a replica is: the physics that determines its trajectory, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from sys import intern
from typing import Any

from pydantic import BaseModel

from .canonical import canonical_json, digest

SCHEMA_VERSION = 1
KEY_DIGITS = 32


def document(model: BaseModel) -> dict[str, Any]:
    """Return the part of `model` that identifies it.

    Values that equal their default are left out, so that a later version may add a field without
    changing the keys of what is already on disk. Changing a default is a change of physics.
    """
    return model.model_dump(mode="json", exclude_defaults=True)


@dataclass(frozen=True)
class Physics:
    """Everything that determines the trajectories of an ensemble, replica index aside.

    Attributes
    ----------
    engine, physics_version
        Name of the engine, and the version of the physics in its kernels.
    state_point, dynamics
        Documents of the parameters (external field included) and of the dynamics protocol.
    seed
        Seed of the campaign, the root of the seed tree.
    force
        Content hash of a learned force, if one drives the dynamics.
    """

    engine: str
    physics_version: int
    state_point: dict[str, Any]
    dynamics: dict[str, Any]
    seed: int
    force: str | None = None

    @cached_property
    def state_point_hash(self) -> str:
        """Hash of the state point: a node of the seed tree, a group in ensemble files."""
        return digest({"engine": self.engine, "state_point": self.state_point})

    def as_document(self) -> dict[str, Any]:
        """Plain values, the inverse of ``Physics(**document)``."""
        return {
            "engine": self.engine,
            "physics_version": self.physics_version,
            "state_point": self.state_point,
            "dynamics": self.dynamics,
            "seed": self.seed,
            "force": self.force,
        }

    def replica_key(self, replica: int) -> str:
        """Identity of replica number `replica` of this ensemble."""
        before, after = self._around_replica
        return hashlib.sha256(f"{before}{replica:d}{after}".encode()).hexdigest()[:KEY_DIGITS]

    @cached_property
    def _around_replica(self) -> tuple[str, str]:
        """Canonical JSON of all that a key depends on, cut where the replica index belongs."""
        before = {
            "dynamics": self.dynamics,
            "engine": self.engine,
            "force": self.force,
            "physics_version": self.physics_version,
        }
        head = intern(f'{canonical_json(before)[:-1]},"replica":')
        after = f'"seed":{self.seed:d},"state_point":"{self.state_point_hash}"'
        return head, f',"schema":{SCHEMA_VERSION},{after}}}'


def sampling_document(sampling: BaseModel, statistics_version: int) -> dict[str, Any]:
    """Return what identifies the sampling: its settings, and the version of what is summed."""
    return {"statistics_version": statistics_version, **document(sampling)}


def sampling_hash(sampling: dict[str, Any]) -> str:
    """Hash of what is sampled; the length is left out, so that a run can be extended."""
    return digest({name: value for name, value in sampling.items() if name != "time"}, 16)


def differences(first: Physics, second: Physics) -> list[str]:
    """Dotted names of the leaves in which two identities differ, with both values."""
    leaves = dict(_leaves(first.as_document())), dict(_leaves(second.as_document()))
    names = sorted(leaves[0].keys() | leaves[1].keys())
    return [
        f"{name}: {leaves[0].get(name, 'default')} -> {leaves[1].get(name, 'default')}"
        for name in names
        if leaves[0].get(name) != leaves[1].get(name)
    ]


def _leaves(value: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{prefix}.{key}" if prefix else key)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{prefix}[{number}]")
    else:
        yield prefix, value
