"""Samplers that look at a configuration now and then, between steps of the engines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.typing import NDArray

from ..engine import Statistic
from .frame import Frame

Arrays = dict[str, NDArray[Any]]


class Sampler(ABC):
    """One quantity of one state point, sampled at chosen steps.

    Creating your own
    -----------------
    A model of its settings in one file, with a method that makes the sampler; a field of that model
    in `sampling.ParticleSampling`, which makes it in `samplers`. The sampler adds to its
    statistics, and to nothing else but its memory: whether it runs never changes a trajectory.
    """

    statistics: ClassVar[Mapping[str, Statistic]]
    length: int | None = None
    """Rows of the statistics, or None for one row in each block."""

    @abstractmethod
    def empty(self, rows: int) -> Arrays:
        """Allocate what a replica accumulates, with an axis of rows before all others."""

    def memory(self) -> Arrays:
        """Allocate what has to be remembered between samples, and in checkpoints."""
        return {}

    @abstractmethod
    def next_step(self, since: int) -> int:
        """First step at which to sample, no earlier than `since` steps after the first sample."""

    def row(self, frame: Frame) -> int:
        """Row to which a sample belongs."""
        return frame.block

    @abstractmethod
    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Add a sample to `sums`: the row of the statistics to which it belongs."""


def next_multiple(since: int, interval: int) -> int:
    """First multiple of `interval` that is no smaller than `since`."""
    return -(-since // interval) * interval
