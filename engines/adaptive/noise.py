"""Noise that is known ahead of time: increments of a Wiener process, piece after piece.

A step that is rejected has seen noise of the future. Forgetting it would favour noise that is
accepted, and bias the dynamics; so every piece that was drawn is kept, and cut where a shorter step
ends, by a Brownian bridge (C. Rackauckas and Q. Nie, Discrete Contin. Dyn. Syst. B 22, 2731 (2017):
rejection sampling with memory).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..arrays import Floats, Integers, Words
from ..compiled import jit
from ..copying import copy_rows
from ..normals import fill_normals

PIECES = 12
"""Most pieces that are kept; rejections one after the other rarely make more than three."""

SAME = 1e-9
"""Lengths of time are equal if they differ by less, relative to the step."""


class Noise(NamedTuple):
    """Pieces of a Wiener process from the present on."""

    number: Integers
    """Number of pieces, (1,)."""
    duration: Floats
    """Their durations, (PIECES,), tau."""
    increments: Floats
    """Rows 3 k, 3 k + 1, 3 k + 2 belong to piece k, (3 PIECES, N), sqrt(tau)."""


def make_noise(particles: int) -> Noise:
    """Nothing is known yet."""
    return Noise(np.zeros(1, dtype=np.int64), np.zeros(PIECES), np.zeros((3 * PIECES, particles)))


@jit()
def cover(
    noise: Noise, duration: float, random: Words, normals: Floats, drawn: Floats
) -> tuple[int, float]:
    """Make some of the first pieces last for `duration`, drawing or cutting what is missing.

    Parameters
    ----------
    random
        State of the generator.
    normals, drawn
        Scratch for standard normals, flat, and the same memory as (3, N).

    Returns
    -------
    pieces
        How many there are.
    covered
        Their duration, tau: without room for another piece, it may be shorter than asked for; 0 if
        the first piece alone is longer.
    """
    covered = 0.0
    for k in range(noise.number[0]):
        missing = duration - covered
        if missing <= SAME * duration:
            return k, covered
        if noise.duration[k] <= missing + SAME * duration:
            covered += noise.duration[k]
        elif noise.number[0] < noise.duration.size:
            fill_normals(random, normals)
            _cut(noise, k, missing, drawn)
            return k + 1, covered + missing
        else:
            return k, covered
    last, missing = noise.number[0], duration - covered
    if missing <= SAME * duration or last == noise.duration.size:
        return last, covered
    fill_normals(random, normals)
    scale = math.sqrt(missing)
    for axis in range(3):
        for i in range(drawn.shape[1]):
            noise.increments[3 * last + axis, i] = scale * drawn[axis, i]
    noise.duration[last] = missing
    noise.number[0] += 1
    return last + 1, covered + missing


@jit()
def _cut(noise: Noise, k: int, first: float, drawn: Floats) -> None:
    """Cut piece k in two, the first of which lasts for `first`, by a Brownian bridge."""
    for later in range(noise.number[0], k, -1):
        noise.duration[later] = noise.duration[later - 1]
        copy_rows(_piece(noise, later - 1), _piece(noise, later))
    whole = noise.duration[k]
    share = first / whole
    scale = math.sqrt(share * (1.0 - share) * whole)
    noise.duration[k], noise.duration[k + 1] = first, whole - first
    for axis in range(3):
        for i in range(drawn.shape[1]):
            increment = noise.increments[3 * k + axis, i]
            part = share * increment + scale * drawn[axis, i]
            noise.increments[3 * k + axis, i] = part
            noise.increments[3 * k + 3 + axis, i] = increment - part
    noise.number[0] += 1


@jit()
def _piece(noise: Noise, k: int) -> Floats:
    return noise.increments[3 * k : 3 * k + 3]


@jit()
def add_up(noise: Noise, pieces: int, out: Floats) -> None:
    """Write the sum of the first pieces, (3, N)."""
    for axis in range(3):
        for i in range(out.shape[1]):
            total = 0.0
            for k in range(pieces):
                total += noise.increments[3 * k + axis, i]
            out[axis, i] = total


@jit()
def drop(noise: Noise, pieces: int) -> None:
    """Forget the first pieces: they are past."""
    for k in range(pieces, noise.number[0]):
        noise.duration[k - pieces] = noise.duration[k]
        copy_rows(_piece(noise, k), _piece(noise, k - pieces))
    noise.number[0] -= pieces
