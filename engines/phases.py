"""Sine and cosine of 2 pi z / L, shared by external forces and Fourier samplers."""

from __future__ import annotations

import math

from .arrays import Floats
from .compiled import jit

_S = tuple((-1) ** n * (0.5 * math.pi) ** (2 * n + 1) / math.factorial(2 * n + 1) for n in range(8))
_C = tuple((-1) ** n * (0.5 * math.pi) ** (2 * n) / math.factorial(2 * n) for n in range(9))


@jit()
def fill_phases(z: Floats, length: float, out: Floats) -> None:
    """Write cos and sin of 2 pi z / L into `out`, (2, N), to some 2e-16.

    The Taylor series on an eighth of a turn to either side is free of branches and of library
    calls, so that it vectorises. It is strict (no fastmath): equal z give equal bits wherever the
    function is inlined, on which a bitwise resume rests.
    """
    cosine, sine = out[0], out[1]
    for i in range(z.size):
        boxes = z[i] / length
        turns = 4.0 * (boxes - math.floor(boxes))
        quarter = math.floor(turns + 0.5)
        t = turns - quarter
        u = t * t
        s = _S[7]
        s = _S[6] + u * s
        s = _S[5] + u * s
        s = _S[4] + u * s
        s = _S[3] + u * s
        s = _S[2] + u * s
        s = _S[1] + u * s
        s = t * (_S[0] + u * s)
        c = _C[8]
        c = _C[7] + u * c
        c = _C[6] + u * c
        c = _C[5] + u * c
        c = _C[4] + u * c
        c = _C[3] + u * c
        c = _C[2] + u * c
        c = _C[1] + u * c
        c = _C[0] + u * c
        odd = (quarter == 1.0) | (quarter == 3.0)
        a, b = (s, c) if odd else (c, s)
        cosine[i] = -a if (quarter == 1.0) | (quarter == 2.0) else a
        sine[i] = -b if (quarter == 2.0) | (quarter == 3.0) else b


@jit(fastmath=True)
def turn(harmonic: Floats, first: Floats) -> None:
    """Go on from m theta to (m + 1) theta; both are cos and sin, (2, N)."""
    for i in range(first.shape[1]):
        c, s = harmonic[0, i], harmonic[1, i]
        harmonic[0, i] = c * first[0, i] - s * first[1, i]
        harmonic[1, i] = s * first[0, i] + c * first[1, i]
