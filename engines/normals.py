"""Standard normals by G. Marsaglia's polar method, many at a time.

Uniform points are drawn and sifted one by one, then transformed in a loop free of branches and
library calls, which vectorises. Nothing here is fastmath: equal states give equal bits.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats, Words
from .compiled import jit
from .elementary import logarithm
from .randomness import symmetric_uniform

BLOCK = 128
"""Pairs that are sifted before they are transformed."""


@jit()
def fill_normals(state: Words, out: Floats) -> None:
    """Fill the flat array `out` with standard normals, advancing `state` in place.

    No spare normal survives the call: the state alone continues the stream.
    """
    u, v, s = np.empty(BLOCK + 1), np.empty(BLOCK + 1), np.empty(BLOCK + 1)
    for first in range(0, out.size, 2 * BLOCK):
        size = min(2 * BLOCK, out.size - first)
        pairs = (size + 1) // 2
        sift(state, pairs, u, v, s)
        for i in range(pairs):
            scale = math.sqrt(-2.0 * logarithm(s[i]) / s[i])
            u[i] *= scale
            v[i] *= scale
        for i in range(size // 2):
            out[first + 2 * i] = u[i]
            out[first + 2 * i + 1] = v[i]
        if size % 2:
            out[first + size - 1] = u[pairs - 1]


@jit()
def sift(state: Words, pairs: int, u: Floats, v: Floats, s: Floats) -> None:
    """Draw `pairs` points (u, v) uniformly in the unit disk, and their s = u^2 + v^2.

    Every point is written and the count advanced past the good ones only: no branch to miss. The
    arrays have one element more than pairs.
    """
    count = 0
    while count < pairs:
        a = symmetric_uniform(state)
        b = symmetric_uniform(state)
        square = a * a + b * b
        u[count], v[count], s[count] = a, b, square
        count += int((square > 0.0) & (square < 1.0))


@jit(entry=True)
def draw_normals(state: Words, out: Floats) -> None:
    """Fill a flat array with standard normals, called from Python; see `fill_normals`."""
    fill_normals(state, out)
