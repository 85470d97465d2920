"""Sums over replicas in groups: what every reduction accumulates and merges.

A replica belongs to the group ``replica % GROUPS``. Leaving out one group at a time gives the
delete-one jackknife as long as an ensemble has at most `GROUPS` replicas and the delete-group
jackknife beyond, in bounded memory; merging is addition, in any order and any tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import PerrinError
from ..engines.arrays import lengthened

GROUPS = 64

Sums = dict[str, NDArray[Any]]


class CountedTwiceError(PerrinError, ValueError):
    """A replica that would enter a sum for the second time."""


@dataclass
class GroupedSums:
    """Named sums, group by group.

    Attributes
    ----------
    groups
        Group number -> name -> sum over the replicas of the group.
    replicas
        Indices of the replicas in all groups.
    """

    groups: dict[int, Sums] = field(default_factory=dict)
    replicas: set[int] = field(default_factory=set)

    def add(self, replica: int, values: Mapping[str, NDArray[Any]]) -> None:
        """Add the sums of one replica."""
        self._count({replica})
        self._add_to(replica % GROUPS, values)

    def merge(self, other: GroupedSums) -> None:
        """Add everything that `other` holds."""
        self._count(other.replicas)
        for number, values in other.groups.items():
            self._add_to(number, values)

    def _count(self, replicas: set[int]) -> None:
        twice = self.replicas & replicas
        if twice:
            raise CountedTwiceError(f"replicas {sorted(twice)[:5]} are in this sum already")
        self.replicas |= replicas

    def _add_to(self, number: int, values: Mapping[str, NDArray[Any]]) -> None:
        held = self.groups.get(number)
        if held is None:
            self.groups[number] = {name: np.array(value) for name, value in values.items()}
        else:
            for name, value in values.items():
                held[name] = _sum(held[name], value)

    def stacked(self) -> Sums:
        """Sums with the groups along the first axis, shape (G, ...), in order of their number."""
        ordered = [self.groups[number] for number in sorted(self.groups)]
        return {name: _stack([group[name] for group in ordered]) for name in ordered[0]}


def _sum(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
    """Add arrays; of two runs of different length, blocks that one of them lacks are zero."""
    if first.shape == second.shape:
        return np.asarray(first + second)
    blocks = max(len(first), len(second))
    return np.asarray(lengthened(first, blocks) + lengthened(second, blocks))


def _stack(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    """Stack arrays, those with fewer blocks filled up with zeros."""
    if arrays[0].ndim == 0:
        return np.stack(arrays)
    blocks = max(map(len, arrays))
    return np.stack([lengthened(array, blocks) for array in arrays])


Estimator = Callable[[Sums], dict[str, NDArray[np.float64]]]


def jackknife(stacked: Sums, estimator: Estimator) -> dict[str, tuple[Any, Any]]:
    """Estimate functions of sums, with standard errors from the scatter of independent groups.

    Parameters
    ----------
    stacked
        Sums over each group, shapes (G, ...): groups of replicas, or blocks in time.
    estimator
        Maps sums to named estimates, ratios included.

    Returns
    -------
    dict
        Name -> (estimate, standard error); errors are NaN for a single group. The error is
        sqrt((G-1)/G sum_g (theta_g - <theta>)^2) with theta_g the estimate without group g
        (B. Efron and C. Stein, Ann. Statist. 9, 586 (1981)). Groups of unequal size make it too
        large: by 1/(2 G (G-2)) of itself at most if one is smaller than the rest and G > 2.
    """
    totals = {name: value.sum(axis=0) for name, value in stacked.items()}
    count = len(next(iter(stacked.values())))
    estimates = estimator(totals)
    if count < 2:
        return {name: (value, np.full_like(value, np.nan)) for name, value in estimates.items()}
    partial = [
        estimator({name: totals[name] - stacked[name][group] for name in totals})
        for group in range(count)
    ]
    return {
        name: (value, _scatter(np.stack([p[name] for p in partial])))
        for name, value in estimates.items()
    }


def _scatter(leave_one_out: NDArray[np.float64]) -> NDArray[np.float64]:
    count = len(leave_one_out)
    error = np.sqrt((count - 1) * leave_one_out.var(axis=0))
    return np.asarray(error)
