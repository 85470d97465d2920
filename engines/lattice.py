"""Particles on the sites of a close-packed lattice that fits the box."""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats, Words
from .box import Box

FACE_CENTRED = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
CENTRED_RECTANGLE = np.array([[0, 0], [0.5, 0.5]])
"""Two rows of a triangular lattice, if its cell is sqrt(3) times as long along y as along x."""


def lattice_positions(particles: int, box: Box, random: Words) -> Floats:
    """Put particles on random sites of a face-centred cubic, or of a triangular lattice.

    Its cells are stretched to divide the box, and the fewest that have a site for every particle;
    sites that are too many stay empty.

    Parameters
    ----------
    random
        State of the generator, which is not advanced.

    Returns
    -------
    array
        Shape (3, N), sigma; z = 0 in two dimensions.
    """
    d = box.dimensions
    basis = FACE_CENTRED if d == 3 else CENTRED_RECTANGLE
    cells = _cells(particles / len(basis), box)
    corners = np.stack(np.meshgrid(*map(np.arange, cells), indexing="ij"), axis=-1)
    sites = (corners.reshape(-1, 1, d) + basis + 0.25).reshape(-1, d)
    chosen = np.random.default_rng(random.tolist()).permutation(len(sites))[:particles]
    positions = np.zeros((3, particles))
    positions[:d] = (sites[chosen] * np.array(box.edges[:d]) / cells).T
    return positions


def _cells(wanted: float, box: Box) -> list[int]:
    """Cells along each edge, at least as many in all as wanted, as undistorted as possible."""
    ideal = np.array(box.edges[: box.dimensions])
    if box.dimensions == 2:
        ideal[1] /= math.sqrt(3.0)
    ideal *= (wanted / ideal.prod()) ** (1 / box.dimensions)
    cells = np.maximum(1, np.floor(ideal + 1e-9)).astype(int)
    while cells.prod() < wanted * (1 - 1e-9):
        cells[np.argmax(ideal / cells)] += 1
    return [int(number) for number in cells]
