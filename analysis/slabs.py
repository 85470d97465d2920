"""Whether single replicas of a bulk system are the same everywhere."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .grouped_sums import GROUPS, Sums

SLAB_WIDTH = 2.0
"""Width of slabs, sigma, unless the box is too small for `FEWEST_SLABS` of them."""

FEWEST_SLABS = 4

LARGEST_STRUCTURE_FACTOR = 3.0
"""S(q -> 0) of a fluid that still passes for homogeneous. In one sample of 300 Lennard-Jones
particles at the critical density, S is 1.6 in slabs at T = 1.25 and 0.6 at T = 1.5."""

CHANCE = 1e-4
"""Probability at most with which one sample of such a fluid is taken for heterogeneous."""


@dataclass(frozen=True)
class Heterogeneity:
    """How densities vary between slabs, and how much of it may be chance."""

    value: float
    """1 for one sample of an ideal gas; NaN if it is not known."""
    allowed: float

    @property
    def is_significant(self) -> bool:
        """Whether it is more than a homogeneous fluid has; false if it is not a number."""
        return self.value > self.allowed


UNKNOWN = Heterogeneity(math.nan, math.inf)


def heterogeneity(stacked: Sums, replicas: Iterable[int], length: float) -> Heterogeneity:
    """Compare how densities vary between slabs with an ideal gas of which one sample is taken.

    With n_s the mean number of particles in slab s of M in a replica, and p_s its share of the box,

        heterogeneity = < sum_s (n_s - N p_s)^2/(N p_s) >/(M - 1),

    Pearson's chi^2 per degree of freedom, averaged over replicas. It is 1 for particles without
    interactions in a single sample, S(q -> 0) for those of a fluid, m for rigid clusters of m
    particles; and the less, the longer the sampling is against the time in which density
    differences of the size of the box decay. What does not decay, as a drop, stays.

    Allowed is what G (M - 1) degrees of freedom, with G groups of replicas, exceed with the
    probability `CHANCE` in one sample of a fluid with the `LARGEST_STRUCTURE_FACTOR`.

    Parameters
    ----------
    stacked
        Sums over groups of replicas, (G, ...), as of `GroupedSums.stacked`.
    replicas
        Indices of the replicas in all groups.
    length
        Edge of the box across slabs, sigma.

    Returns
    -------
    Heterogeneity
        Largest value among all particles and those of each species; unknown if there are fewer bins
        than slabs. Only differences along the axis of the profiles are seen.
    """
    density = stacked["density"]
    bins, slabs = density.shape[-1], max(FEWEST_SLABS, int(length / SLAB_WIDTH))
    if bins < slabs:
        return UNKNOWN
    edges = np.arange(slabs + 1) * bins // slabs
    numbers = np.add.reduceat(density, edges[:-1], axis=-1) / stacked["steps"][:, None, None]
    members = Counter(replica % GROUPS for replica in replicas)
    weights = np.array([members[group] for group in sorted(members)])
    kinds = _kinds(numbers)
    found = [float((weights * _chi_squared(kind, np.diff(edges))).mean()) for kind in kinds]
    return Heterogeneity(max(found), _allowed(len(weights) * (slabs - 1), CHANCE / len(kinds)))


def _kinds(numbers: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """All particles, and those of each species if there are several, (G, M) from (G, S, M)."""
    species = list(np.moveaxis(numbers, 1, 0))
    return [numbers.sum(axis=1), *species] if len(species) > 1 else species


def _chi_squared(numbers: NDArray[np.float64], widths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Per degree of freedom and group, (G,), from the numbers in slabs, (G, M)."""
    expected = numbers.sum(axis=1, keepdims=True) * widths / widths.sum()
    return np.asarray(((numbers - expected) ** 2 / expected).sum(axis=1) / (len(widths) - 1))


def _allowed(degrees: int, chance: float) -> float:
    from scipy.special import chdtri  # slow to import

    return LARGEST_STRUCTURE_FACTOR * float(chdtri(degrees, chance)) / degrees
