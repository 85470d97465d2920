"""Sums over particles, cell by cell."""

from __future__ import annotations

import numpy as np

from ..arrays import Floats, Integers
from .frame import Frame


def cell_sums(place: Integers, values: Floats, shape: tuple[int, ...]) -> Floats:
    """Sum rows of values, (rows, N), over the particles of each cell, (*shape, rows).

    `place`, (N,), is the number of the cell of each particle.
    """
    size = int(np.prod(shape))
    sums = [np.bincount(place, row, size).reshape(shape) for row in values]
    return np.stack(sums, axis=-1)


def kinetic_stress(frame: Frame, place: Integers, shape: tuple[int, ...]) -> Floats:
    """Sum m v v by components xx, yy, zz, yz, xz, xy in each cell, (*shape, 6)."""
    x, y, z = frame.by_label("velocities")
    return cell_sums(place, np.array([x * x, y * y, z * z, y * z, x * z, x * y]), shape)
