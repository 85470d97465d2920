"""Numbers with errors as tables print them."""

from __future__ import annotations

import math


def with_error(value: float, error: float) -> str:
    """Write -1.6748 with error 0.0028 as -1.6748(28): two digits of the error, in last places."""
    if not (math.isfinite(value) and math.isfinite(error) and error > 0):
        return f"{value:.5g}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    digits = round(error * 10**decimals)
    if digits == 100:
        decimals, digits = max(0, decimals - 1), 10
    shown = f"{digits}" if decimals else f"{error:.0f}"
    return f"{value:.{decimals}f}({shown})"
