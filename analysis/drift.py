"""Whether a state point was in a steady state: its halves in time, and the chance of their change.

Averages theta_1 and theta_2 over the halves of a steady state differ by chance, and
(theta_1 - theta_2)/2 has no larger variance than their mean: the halves are independent or, as all
averages of reversible dynamics, correlate positively. That variance is known from the scatter of
replicas, whatever the correlation time. Of few replicas it comes from the scatter of blocks, as in
`blocks.steadiness`: then only of the energy, because differences of the density across the box may
take longer to decay than blocks are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blocks import complete_blocks, steadiness
from .grouped_sums import Sums, jackknife

CHANCE = 1e-4
"""Probability that a state point in a steady state is taken for one that is not: of a thousand of
them, none with a probability of 90 %."""

ENOUGH_GROUPS = 8
"""Replicas whose scatter gives the error of a change; fewer leave it too uncertain."""

MOST_BLOCKS = 16
"""More blocks of few replicas are put together, to this number or up to twice as many."""

NAMES = ("energy", "density")
SUMMED = ("energy", "energy_samples", "density", "steps")


@dataclass(frozen=True)
class Drift:
    """How a quantity changed between halves of the sampling."""

    name: str
    errors: float
    """Change in units of its standard error; of a profile, root mean squares of both."""
    allowed: float
    """What a steady state exceeds with a probability of `CHANCE`, shared by all `NAMES`."""

    @property
    def is_significant(self) -> bool:
        """Whether it is more than chance; false if it is not a number."""
        return self.errors > self.allowed


def drifts(stacked: Sums, blocks: Sums) -> list[Drift]:
    """Compare the halves of the complete blocks; nothing if there are too few to do so.

    The ratio of a change to its error is |t| of Student with as many degrees of freedom as the
    error has. That of a profile, with sums over all bins in both, has a lighter tail.

    Parameters
    ----------
    stacked
        Sums over groups of replicas, (G, ...).
    blocks
        Sums over all replicas in each block, (B, ...).
    """
    stacked = {name: stacked[name] for name in SUMMED}
    complete = complete_blocks({name: blocks[name] for name in SUMMED})
    if len(stacked["steps"]) >= ENOUGH_GROUPS:
        return _by_replicas(stacked, complete) if len(complete["steps"]) > 1 else []
    merged = _merged(complete)
    half = len(merged["steps"]) // 2
    if half < 2:
        return []
    found = steadiness(merged, _estimate, ("energy",))["energy"]
    return [Drift("energy", found, _allowed(2 * half - 2))]


def _by_replicas(stacked: Sums, complete: Sums) -> list[Drift]:
    count = len(complete["steps"])
    half = count // 2
    first, second = (
        _estimate({name: values[chosen].sum(axis=0) for name, values in complete.items()})
        for chosen in (slice(half), slice(-half, None))
    )
    errors = jackknife(stacked, _estimate)
    allowed = _allowed(len(stacked["steps"]) - 1)
    left_out = count / (2 * half)
    return [
        Drift(name, _ratio(first[name] - second[name], errors[name][1], left_out), allowed)
        for name in NAMES
    ]


def _ratio(change: Any, error: Any, left_out: float) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sqrt(((change / 2) ** 2).sum() / (left_out * (error**2).sum())))


def _estimate(sums: Sums) -> dict[str, Any]:
    """Energy of all particles and density profile, both in any unit."""
    with np.errstate(invalid="ignore"):
        return {
            "energy": np.asarray(sums["energy"][0] / sums["energy_samples"]),
            "density": sums["density"].sum(axis=0) / sums["steps"],
        }


def _merged(complete: Sums) -> Sums:
    """Put neighbouring blocks together; a rest of them at the end is left out."""
    together = max(1, len(complete["steps"]) // MOST_BLOCKS)
    count = len(complete["steps"]) // together
    return {
        name: values[: count * together].reshape(count, together, *values.shape[1:]).sum(axis=1)
        for name, values in complete.items()
    }


def _allowed(degrees: int) -> float:
    """Quantile of |t|, for each of `NAMES`."""
    from scipy.special import stdtrit  # slow to import

    chance = CHANCE / len(NAMES)
    return float(stdtrit(degrees, 1 - chance / 2)) if degrees > 0 else math.inf
