"""Names of the array types that kernels exchange, and what lengthens an array."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Indices: TypeAlias = NDArray[np.uint32]
Words: TypeAlias = NDArray[np.uint64]


ROW = 4
"""Numbers in a row of coordinates: x, y, z, and one that fills a power of two."""

_BOUNDARY = 64
"""Bytes on whose multiples a cache line begins."""


def make_rows(length: int) -> Floats:
    """Allocate rows of coordinates, (length, 4), none of which lies in two cache lines.

    For what is filled afterwards, unlike for zeros, numpy asks for huge pages.
    """
    numbers = np.empty(ROW * length + _BOUNDARY // 8)
    numbers.fill(0.0)
    first = -numbers.ctypes.data % _BOUNDARY // 8
    return numbers[first : first + ROW * length].reshape(length, ROW)


def lengthened(values: NDArray[Any], length: int) -> NDArray[Any]:
    """Append zeros along the first axis up to `length`; a longer array is returned as it is."""
    missing = length - len(values)
    if missing <= 0:
        return values
    return np.concatenate([values, np.zeros((missing, *values.shape[1:]), values.dtype)])
