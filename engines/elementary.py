"""Logarithm and exponential without branches and library calls, so that loops vectorise.

The exponential is strict (no fastmath) wherever it is called; the logarithm is copied into its
callers, and as strict as they are.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import jit

_HALF_ROOT = 0x3FE6A09E667F3BCD
"""Bits of sqrt(1/2)."""

_SMALLEST, _LARGEST = -708.0, 709.0
"""Where the exponential is about to leave the normal numbers."""

_LOG2_HIGH = float.fromhex("0x1.62E42FEFA3800p-1")
_LOG2_LOW = float.fromhex("0x1.EF35793C76730p-45")
"""log 2 in two parts, the first with room for a product with any exponent."""

_INVERSE_FACTORIAL = tuple(1.0 / math.factorial(k) for k in range(14))


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


@jit()
def exponential(x: float) -> float:
    """Exponential of x, bounded to [-708, 709], to some 2e-16 of its value.

    exp x = 2^n exp t with |t| <= log(2)/2, and the Taylor series of exp t.
    """
    bounded = min(max(x, _SMALLEST), _LARGEST)
    n = np.rint(bounded * (1.0 / math.log(2.0)))
    t = (bounded - n * _LOG2_HIGH) - n * _LOG2_LOW
    series = _INVERSE_FACTORIAL[13]
    series = _INVERSE_FACTORIAL[12] + t * series
    series = _INVERSE_FACTORIAL[11] + t * series
    series = _INVERSE_FACTORIAL[10] + t * series
    series = _INVERSE_FACTORIAL[9] + t * series
    series = _INVERSE_FACTORIAL[8] + t * series
    series = _INVERSE_FACTORIAL[7] + t * series
    series = _INVERSE_FACTORIAL[6] + t * series
    series = _INVERSE_FACTORIAL[5] + t * series
    series = _INVERSE_FACTORIAL[4] + t * series
    series = _INVERSE_FACTORIAL[3] + t * series
    series = _INVERSE_FACTORIAL[2] + t * series
    series = _INVERSE_FACTORIAL[1] + t * series
    series = _INVERSE_FACTORIAL[0] + t * series
    power = np.int64((np.int64(n) + 1023) << 52).view(np.float64)
    return float(series * power)
