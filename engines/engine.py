"""What every engine is: parameters, a state of plain arrays, and a way to advance it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from .. import PerrinError
from .arrays import lengthened


class EngineError(PerrinError, RuntimeError):
    """A simulation that cannot go on."""


class BlowUpError(EngineError):
    """A particle moved further in one step than the dynamics can mean."""

    def __init__(self, step: int, particle: int, displacement: float) -> None:
        self.step = step
        self.particle = particle
        self.displacement = displacement
        super().__init__(step, particle, displacement)

    def __str__(self) -> str:
        return (
            f"particle {self.particle} moved {self.displacement:.3g} sigma in step {self.step}: "
            "the time step is too large for these forces; reduce dynamics.time_step"
        )


class Statistic(NamedTuple):
    """What one accumulated array means: its axes, unit and one line of explanation.

    The first axis is "block", consecutive blocks of sampled steps, or what is kept one by one:
    "snapshot" or "sample".
    """

    axes: tuple[str, ...]
    unit: str
    text: str


@dataclass
class ReplicaState:
    """Everything that one replica is, as plain arrays: picklable and checkpointable.

    Attributes
    ----------
    step
        Steps done since the start of the replica.
    dynamics
        What the trajectory needs to go on bitwise: positions, the positions at which the
        neighbour list was built, the state of the random generator.
    statistics
        What the samplers accumulated: sums over the steps of each block, shape (B, ...), never
        means.
    """

    step: int
    dynamics: dict[str, NDArray[Any]] = field(default_factory=dict)
    statistics: dict[str, NDArray[Any]] = field(default_factory=dict)


class Engine(ABC):
    """One state point, ready to be simulated.

    Using
    -----
    ``state = engine.start(seed)`` prepares a replica, ``engine.advance(state, until)`` moves it
    to step `until` in place. How the way to `engine.total_steps` is cut into calls never changes
    a bit of the state. `advance` releases the GIL, so one thread per replica uses every core.
    A state of a shorter run may be advanced further: see `make_room`.

    Creating your own
    -----------------
    Set the class attributes, implement `total_steps`, `blocks`, `start` and `advance`, which calls
    `make_room` first. Bump `physics_version` whenever a change alters trajectories, and
    `statistics_version` whenever it alters the meaning of what is accumulated: old results are then
    recomputed. Blocks end at fixed steps, whatever the length of the run.
    Kernels never raise; `advance` turns their status codes into an `EngineError`.
    """

    name: ClassVar[str]
    physics_version: ClassVar[int]
    Parameters: ClassVar[type[BaseModel]]
    Dynamics: ClassVar[type[BaseModel]]
    Sampling: ClassVar[type[BaseModel]]
    statistics: Mapping[str, Statistic]
    statistics_version: ClassVar[int]

    parameters: Any
    dynamics: Any
    sampling: Any

    @abstractmethod
    def __init__(self, parameters: Any, dynamics: Any, sampling: Any) -> None: ...

    @property
    @abstractmethod
    def total_steps(self) -> int:
        """Steps from the start of a replica to the end of its sampling."""

    @property
    @abstractmethod
    def blocks(self) -> int:
        """Blocks of statistics that a whole replica fills, an incomplete last one included."""

    @abstractmethod
    def start(self, seed: np.random.SeedSequence) -> ReplicaState:
        """Prepare a replica at step 0 with empty statistics."""

    @abstractmethod
    def advance(self, state: ReplicaState, until: int) -> None:
        """Advance `state` in place to step `until` <= `total_steps`."""

    def make_room(self, state: ReplicaState) -> None:
        """Append empty blocks to the statistics of a shorter run, until a whole replica fits."""
        for name, values in state.statistics.items():
            state.statistics[name] = lengthened(values, self.rows(name))

    def rows(self, statistic: str) -> int:
        """Length of the first axis of a statistic in a whole replica."""
        del statistic
        return self.blocks
