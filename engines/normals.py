"""Standard normals by G. Marsaglia's polar method, many at a time.

Uniform points are drawn and sifted one by one, then transformed in a loop free of branches and
library calls, which vectorises. Nothing here is fastmath: equal states give equal bits.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats, Words
from .compiled import jit
from .randomness import symmetric_uniform

BLOCK = 128
"""Pairs that are sifted before they are transformed."""

_HALF_ROOT = 0x3FE6A09E667F3BCD
"""Bits of sqrt(1/2)."""


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


@jit(inline=True)
def logarithm(x: float) -> float:
    """Natural logarithm of a normal positive number, to some 2e-16 of its value or of 1.

    With x = 2^e m and 1/2 <= m^2 < 2: log m = 2 artanh f, f = (m - 1)/(m + 1), |f| < .172.
    """
    bits = np.float64(x).view(np.int64)
    e = (bits - _HALF_ROOT) >> 52
    m = np.int64(bits - (e << 52)).view(np.float64)
    f = (m - 1.0) / (m + 1.0)
    g = f * f
    series = 1 / 19 + g * (1 / 21)
    series = 1 / 17 + g * series
    series = 1 / 15 + g * series
    series = 1 / 13 + g * series
    series = 1 / 11 + g * series
    series = 1 / 9 + g * series
    series = 1 / 7 + g * series
    series = 1 / 5 + g * series
    series = 1 / 3 + g * series
    return e * math.log(2.0) + 2.0 * f * (1.0 + g * series)
