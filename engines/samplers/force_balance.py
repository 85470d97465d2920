r"""The force balance in weak form: free of bins, and zero on average.

With e = exp(-i k z), k = 2 pi m / L, the mean over steps of

    sum_i [gamma dr_i/dt (e_n + e_{n+1})/2 - F_i e_n] + i k T z_hat sum_i e_n

vanishes up to O(dt); n and n + 1 are the positions before and after a step, and F all
forces, self-propulsion included. This is eq. (4) of
Zimmermann et al. (2024) times the density, integrated against e.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ..arrays import Floats
from ..box import Box
from ..compiled import jit
from ..copying import copy_rows
from ..engine import Statistic
from ..phases import turn


class BalanceSums(NamedTuple):
    """Sums over the sampled steps of one block."""

    balance_modes: Floats


BALANCE_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "balance_modes": Statistic(
            ("block", "mode", "component", "part"),
            "epsilon/sigma",
            "real and imaginary part of the residual force at wavenumber 2 pi (mode + 1)/L",
        ),
    }
)


def empty_balance(blocks: int, modes: int) -> BalanceSums:
    """Allocate what a replica accumulates, with an axis of blocks before all others."""
    return BalanceSums(np.zeros((blocks, modes, 3, 2)))


class BalanceScratch(NamedTuple):
    """Harmonics of all particles, and the scales of the terms."""

    axis: int
    """Axis z along which the fields vary."""

    drag: float
    """gamma / dt, epsilon tau / (sigma^2 tau)."""
    thermal: float
    """2 pi T / L_z, epsilon/sigma."""
    before: Floats
    """cos and sin of m theta before the step, (2, N)."""
    after: Floats
    """The same after the step, (2, N)."""


def make_scratch(
    particles: int, box: Box, temperature: float, friction: float, time_step: float
) -> BalanceScratch:
    """Allocate for `particles`."""
    return BalanceScratch(
        axis=box.last_axis,
        drag=friction / time_step,
        thermal=2.0 * np.pi * temperature / box.profile_length,
        before=np.zeros((2, particles)),
        after=np.zeros((2, particles)),
    )


@jit(fastmath=True)
def sample_balance(
    sums: BalanceSums,
    scratch: BalanceScratch,
    before: Floats,
    after: Floats,
    forces: Floats,
    displacement: Floats,
) -> None:
    """Add one step, given cos and sin of theta before and after it, (2, N), and forces, (3, N)."""
    copy_rows(before, scratch.before)
    copy_rows(after, scratch.after)
    for m in range(sums.balance_modes.shape[0]):
        if m > 0:
            turn(scratch.before, before)
            turn(scratch.after, after)
        for axis in range(3):
            real, imaginary = _residual(scratch, forces[axis], displacement[axis])
            sums.balance_modes[m, axis, 0] += real
            sums.balance_modes[m, axis, 1] += imaginary
        thermal = scratch.thermal * (m + 1)
        sums.balance_modes[m, scratch.axis, 0] += thermal * _sum(scratch.before[1])
        sums.balance_modes[m, scratch.axis, 1] += thermal * _sum(scratch.before[0])


@jit(fastmath=True)
def _residual(scratch: BalanceScratch, forces: Floats, displacement: Floats) -> tuple[float, float]:
    """Real and imaginary part of one component's sum of drag minus forces."""
    real, imaginary = 0.0, 0.0
    for i in range(displacement.size):
        half_drag = 0.5 * scratch.drag * displacement[i]
        force = forces[i]
        c, s = scratch.before[0, i], scratch.before[1, i]
        real += half_drag * (c + scratch.after[0, i]) - force * c
        imaginary -= half_drag * (s + scratch.after[1, i]) - force * s
    return real, imaginary


@jit(fastmath=True)
def _sum(values: Floats) -> float:
    total = 0.0
    for i in range(values.size):
        total += values[i]
    return total
