"""Standard normals that belong to a particle and a step, whoever draws them.

Number c of a SplitMix64 sequence is a hash of c: any part of it can be drawn at once. Particles
that are spread over processes have the same noise as in one process. A second key, in the midst of
the hash, gives replicas sequences that do not overlap.
G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014, p. 453; normals by Box and Muller.
"""

from __future__ import annotations

import math

import numpy as np

from .arrays import Floats, Indices, Words
from .compiled import jit
from .elementary import logarithm
from .normals import fill_normals
from .phases import fill_phases

WORDS = 4
"""Words of a particle in a step: for two pairs of normals, of which three are used."""

BLOCK = 256
"""Particles whose noise is drawn together."""

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53


@jit(inline=True)
def _word(key: np.uint64, sequence: np.uint64, counter: np.uint64) -> np.uint64:
    z = key + (counter + np.uint64(1)) * _GAMMA
    z = ((z ^ (z >> np.uint64(30))) * _FIRST) ^ sequence
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return np.uint64(z ^ (z >> np.uint64(31)))


@jit()
def fill_label_normals(
    random: Words, step: int, particles: int, labels: Indices, normals: Floats
) -> None:
    """Fill normals, flat (3 N,) or (2 N,), with the noise of some particles in one step.

    Parameters
    ----------
    random
        State of the generator of the replica, whose first words are the key; it is not advanced.
    particles
        Number of particles of the whole system; labels, (N,), are below it.
    """
    n = labels.size
    first, second = np.empty((2, BLOCK)), np.empty((2, BLOCK))
    uniform, scale = np.empty((2, BLOCK)), np.empty((2, BLOCK))
    key, sequence, offset = random[0], random[1], np.uint64(step) * np.uint64(particles)
    for begin in range(0, n, BLOCK):
        size = min(BLOCK, n - begin)
        for k in range(size):
            counter = (offset + np.uint64(labels[begin + k])) * np.uint64(WORDS)
            for pair in range(2):
                word = _word(key, sequence, counter + np.uint64(2 * pair))
                angle = _word(key, sequence, counter + np.uint64(2 * pair + 1))
                # In (0, 1], whose logarithm is finite.
                open_ = np.float64((word >> np.uint64(11)) + np.uint64(1)) * _UNIT
                scale[pair, k] = math.sqrt(-2.0 * logarithm(open_))
                uniform[pair, k] = np.float64(angle >> np.uint64(11)) * _UNIT
        fill_phases(uniform[0, :size], 1.0, first)
        for k in range(size):
            normals[begin + k] = scale[0, k] * first[0, k]
            normals[n + begin + k] = scale[0, k] * first[1, k]
        if normals.size > 2 * n:
            fill_phases(uniform[1, :size], 1.0, second)
            for k in range(size):
                normals[2 * n + begin + k] = scale[1, k] * second[0, k]


@jit()
def draw_noise(
    random: Words, noise_particles: int, step: int, labels: Indices, normals: Floats
) -> None:
    """Fill normals, flat, by the stream, or by labels, (N,), if noise belongs to particles."""
    if noise_particles > 0:
        fill_label_normals(random, step, noise_particles, labels, normals)
    else:
        fill_normals(random, normals)
