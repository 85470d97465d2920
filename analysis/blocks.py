"""Sums over blocks in time: errors for a single replica, and the check for a steady state.

Everything here has the blocks along the first axis. Blocks that are long against the correlation
time are as good as independent replicas; of shorter ones the scatter says too little, and errors
come out too small.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engines.arrays import lengthened
from .grouped_sums import Estimator, Sums, jackknife


def add_blocks(first: Sums, second: Sums) -> Sums:
    """Add sums block by block; the one with fewer blocks is filled up with empty ones."""
    blocks = max(len(first["steps"]), len(second["steps"]))
    return {
        name: lengthened(first[name], blocks) + lengthened(second[name], blocks) for name in first
    }


def sampled_blocks(blocks: Sums) -> Sums:
    """Blocks with any steps in them."""
    return _chosen(blocks, blocks["steps"] > 0)


def complete_blocks(blocks: Sums) -> Sums:
    """Blocks with as many steps as any: those that every replica has sampled to their end."""
    return _chosen(blocks, blocks["steps"] == blocks["steps"].max())


def steadiness(blocks: Sums, estimator: Estimator, names: Iterable[str]) -> dict[str, float]:
    """Compare the first with the second half of the sampling: about 1 in a steady state.

    With estimates theta_1 from the first and theta_2 from the last half of the complete blocks (the
    middle one of an odd number is left out), and s_1, s_2 their jackknife errors over the blocks of
    each half,

        steadiness^2 = sum [(theta_1 - theta_2)/2]^2 / sum [(s_1^2 + s_2^2)/4],

    both sums over all bins and components: (theta_1 - theta_2)/2 has zero mean and the variance
    (s_1^2 + s_2^2)/4 where the two halves are of one steady state. For m independent numbers and
    2h blocks that makes 1 with a standard deviation of sqrt([1 + 1/(2h - 2)]/(2m)); neighbouring
    bins are not independent. Errors within each half keep most of a drift out of the denominator:
    one that is linear in time and dominates gives sqrt(6 h^2/(h + 1)).

    Blocks that are not long against the correlation time give values above 1 in a steady state too.
    A transient that is over within the first block cannot be told from noise.

    Parameters
    ----------
    blocks
        Sums over consecutive blocks, shapes (B, ...).
    estimator
        Maps sums to named estimates.
    names
        Estimates to compare.

    Returns
    -------
    dict
        Name -> steadiness; NaN for fewer than four complete blocks, or where nothing scatters.
        Numbers that are not finite, as in bins without particles, are left out.
    """
    complete = complete_blocks(blocks)
    half = len(complete["steps"]) // 2
    if half < 2:
        return dict.fromkeys(names, math.nan)
    first = jackknife(_chosen(complete, slice(half)), estimator)
    second = jackknife(_chosen(complete, slice(-half, None)), estimator)
    return {name: _steadiness(first[name], second[name]) for name in names}


def _steadiness(first: tuple[Any, Any], second: tuple[Any, Any]) -> float:
    difference = (first[0] - second[0]) / 2
    variance = (first[1] ** 2 + second[1] ** 2) / 4
    known = np.isfinite(difference) & np.isfinite(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sqrt((difference[known] ** 2).sum() / variance[known].sum()))


def _chosen(blocks: Sums, choice: slice | NDArray[np.bool_]) -> Sums:
    return {name: values[choice] for name, values in blocks.items()}
