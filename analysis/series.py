"""Series in time of energy and pressure: mean and standard error over replicas, sample by sample.

Counts, means and sums of squared deviations are merged as by T. F. Chan, G. H. Golub and
R. J. LeVeque, Am. Stat. 37, 242 (1983), in as much memory as a few replicas take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..engines.arrays import lengthened

NAMES = ("energy_series", "pressure_series")
"""Quantities, in their order along the last axes of `Series`."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """What some replicas of a state point give, sample by sample.

    Attributes
    ----------
    steps
        Steps since the first sample, (S,).
    count
        Replicas that took the sample, (S,).
    mean
        Means over replicas, (S, Q) of the quantities `NAMES`.
    squares
        Sums of squared deviations from them, (S, Q).
    """

    steps: NDArray[np.int64]
    count: NDArray[np.int64]
    mean: Floats
    squares: Floats

    @classmethod
    def of(cls, step: NDArray[np.int64], values: Floats) -> Self:
        """Take the values, (R, S, Q), of R replicas; `step`, (R, S), is 0 where one has none."""
        taken = step > 0
        count, weights = taken.sum(axis=0), taken[..., None]
        mean = (weights * values).sum(axis=0) / np.maximum(count, 1)[:, None]
        squares = (weights * (values - mean) ** 2).sum(axis=0)
        return cls(step.max(axis=0) - 1, count, mean, squares)

    def merged(self, other: Self) -> Self:
        """Both together, which have no replica in common."""
        first, second = self._of_length(len(other.count)), other._of_length(len(self.count))
        count = first.count + second.count
        share = (second.count / np.maximum(count, 1))[:, None]
        change = second.mean - first.mean
        squares = first.squares + second.squares + change**2 * share * first.count[:, None]
        steps = np.maximum(first.steps, second.steps)
        return type(self)(steps, count, first.mean + share * change, squares)

    def _of_length(self, samples: int) -> Self:
        """Append samples that no replica took, up to a number."""
        steps = lengthened(self.steps + 1, samples) - 1
        sums = (lengthened(values, samples) for values in (self.count, self.mean, self.squares))
        return type(self)(steps, *sums)

    def times(self, time_step: float) -> Floats:
        """Times of the samples that any replica took, (S,), tau since sampling began."""
        return np.asarray(self.steps[self.count > 0] * time_step, dtype=np.float64)

    def estimates(self) -> dict[str, tuple[Any, Any]]:
        """Mean and standard error of each quantity, (S,); the error of one replica is NaN."""
        taken = self.count > 0
        count, mean, squares = self.count[taken, None], self.mean[taken], self.squares[taken]
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(squares / (count * (count - 1)))
        return {name: (mean[:, q], error[:, q]) for q, name in enumerate(NAMES)}


UNITS: Mapping[str, tuple[str, str]] = {
    "energy_series": ("epsilon", "potential energy per particle at an instant"),
    "pressure_series": (
        "epsilon/sigma^3",
        "virial pressure at an instant, without the impulse at the cut-off",
    ),
}

DIMENSIONS: Mapping[str, tuple[str, ...]] = dict.fromkeys(NAMES, ("series_time",))
