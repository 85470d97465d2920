"""External forces as functions of position and time, one particle at a time: the kernels' side.

Kernels are given a pointer to a compiled loop over particles: they are the same for every field.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numba.experimental.function_type  # noqa: F401, teaches numba the type of `NoLoop`
import numpy as np
from numba import float64, types, void

from ..arrays import Floats
from ..compiled import pointer

Force: TypeAlias = tuple[float, float, float]
ForceFunction: TypeAlias = Callable[[Floats, float, float, float, float], Force]
"""Force (x, y, z) from numbers, time and a position in the box; see `local.LocalField`."""


SIGNATURE = void(
    float64[::1], float64, types.UniTuple(float64, 3), float64[:, ::1], float64[:, ::1]
)
"""Of `fill` in `filler`: numbers, time, edges of the box, positions and forces, (3, N)."""


class LocalForce(NamedTuple):
    """What a kernel needs to know of a local field."""

    acts: bool
    """Whether there is any force."""
    fill: Any
    """Pointer to the loop of `filler`."""
    numbers: Floats
    """What the function is given first."""


def make_local_force(function: ForceFunction, numbers: Sequence[float]) -> LocalForce:
    """Compile the loop of a jitted function, unless that was done, and keep numbers for it."""
    return LocalForce(True, filler(function), np.array(numbers, dtype=np.float64))


class NoLoop(types.WrapperAddressProtocol):  # type: ignore[misc]
    """Stands for a loop that is never called: compiling one takes each process a third of a second.

    Kernels cannot tell it by its type, so that they are compiled once only.
    """

    def __wrapper_address__(self) -> int:
        """Return what must not be zero."""
        return 1

    def signature(self) -> Any:
        """Signature of every loop."""
        return SIGNATURE


def no_local_force() -> LocalForce:
    """Return a force that vanishes."""
    return LocalForce(False, NoLoop(), np.zeros(0))


@cache
def filler(function: ForceFunction) -> Any:
    """Pointer to a loop over particles."""
    local_force: Any = function

    def fill(
        numbers: Floats,
        time: float,
        edges: tuple[float, float, float],
        positions: Floats,
        out: Floats,
    ) -> None:
        lx, ly, lz = edges
        for i in range(positions.shape[1]):
            x, y, z = positions[0, i], positions[1, i], positions[2, i]
            x, y = x - lx * math.floor(x / lx), y - ly * math.floor(y / ly)
            fx, fy, fz = local_force(numbers, time, x, y, z - lz * math.floor(z / lz))
            out[0, i], out[1, i], out[2, i] = fx, fy, fz

    return pointer(SIGNATURE)(fill)
