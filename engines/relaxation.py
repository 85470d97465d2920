"""From random positions to a start without overlaps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .arrays import Floats, Indices, Words
from .compiled import compiled_for, jit
from .engine import EngineError
from .forces import fill_forces
from .lattice import lattice_positions
from .neighbours import grown, make_neighbourhood, refresh, settle
from .outside import expect_answers
from .protocol import Protocol
from .randomness import symmetric_uniform
from .system import ParticleSystem
from .verlet import Neighbourhood

LARGEST_FORCE = 100.0
"""A start is relaxed once no force exceeds this, epsilon/sigma."""

LARGEST_MOVE = 0.1
"""Cap of a particle's first move, sigma; later caps decay, so that the descent settles."""

MOBILITY = 5e-4
"""Move per force where the cap does not bind, sigma^2/epsilon."""

SWEEPS = 5000
"""Moves after which the descent counts as failed."""

RELAXED, OVERFLOW, STUCK = 0, 1, 2


def relaxed_positions(
    system: ParticleSystem, protocol: Protocol, random: Words
) -> tuple[Floats, Indices, Floats]:
    """Draw positions, advancing `random`, or choose sites; descend until no force is large.

    Returns
    -------
    positions
        Wrapped into the box, (3, N), sigma.
    labels
        Which particle each column is, (N,): species after species.
    reference
        Positions of sorted particles for which neighbour lists can be built, (3, N), sigma.

    Raises
    ------
    EngineError
        The descent does not get rid of large forces.
    """
    box, potentials = system.box, system.potential.table(len(system.counts))
    positions = np.zeros((3, system.particles))
    if protocol.start == "lattice":
        positions = lattice_positions(system.particles, box, random)
    else:
        uniform_positions(random, box.edges, positions[: box.dimensions])
    hood = make_neighbourhood(system.counts, box, system.potential.range)
    labels = np.arange(system.particles, dtype=np.uint32)
    reference = positions.copy()
    forces = np.empty_like(positions)
    kernel = compiled_for(descend, potentials)
    status, sweep, largest = OVERFLOW, 0, math.inf
    while status == OVERFLOW:
        status, sweep, largest = kernel(
            potentials, hood, positions, labels, reference, forces, sweep
        )
        hood = grown(hood) if status == OVERFLOW else hood
    expect_answers(potentials)
    if status == STUCK:
        message = (
            f"random positions did not relax: after {sweep} sweeps the largest force is still "
            f"{largest:.3g} epsilon/sigma (allowed is {LARGEST_FORCE:g}) at a density of "
            f"{system.density:.4g} sigma^-3; reduce particles or increase box_length"
        )
        raise EngineError(message)
    return positions, labels, reference


@jit(entry=True)
def uniform_positions(random: Words, edges: tuple[float, float, float], positions: Floats) -> None:
    """Fill positions, (2 or 3, N), uniformly in the box, advancing `random`."""
    for i in range(positions.shape[1]):
        for axis in range(positions.shape[0]):
            edge = edges[axis]
            drawn = 0.5 * edge * symmetric_uniform(random)
            positions[axis, i] = drawn + edge if drawn < 0.0 else drawn


def descend(
    potentials: Any,
    hood: Neighbourhood,
    positions: Floats,
    labels: Indices,
    reference: Floats,
    forces: Floats,
    first: int,
) -> tuple[int, int, float]:
    """Steepest descent with capped moves, from sweep `first`; never raises.

    Parameters
    ----------
    positions, forces
        Shape (3, N).
    labels
        Which particle each column is, (N,).
    reference
        Positions at which the neighbour lists were built, shape (3, N).
    first
        Sweeps done already, before the lists overflowed.

    Returns
    -------
    status
        RELAXED, OVERFLOW or STUCK.
    sweep
        Sweeps done.
    largest
        Largest force, epsilon/sigma.
    """
    largest, images = math.inf, np.zeros_like(positions)
    settle(hood, positions, images, reference, labels, (forces,))
    for sweep in range(first, SWEEPS):
        if not refresh(hood, positions, images, reference, labels, (forces,), sweep == first):
            return OVERFLOW, sweep, largest
        fill_forces(potentials, hood, forces)
        largest = _largest(forces)
        if largest <= LARGEST_FORCE:
            return RELAXED, sweep, largest
        _move(positions, forces, LARGEST_MOVE / (1.0 + 0.01 * sweep))
    return STUCK, SWEEPS, largest


@jit()
def _largest(forces: Floats) -> float:
    """Largest force; infinite if one is not a number."""
    largest2 = 0.0
    for i in range(forces.shape[1]):
        f2 = forces[0, i] ** 2 + forces[1, i] ** 2 + forces[2, i] ** 2
        largest2 = max(largest2, f2) if f2 < math.inf else math.inf
    return math.sqrt(largest2)


@jit()
def _move(positions: Floats, forces: Floats, cap: float) -> None:
    """Move every particle along its force, by `cap` at most."""
    for i in range(forces.shape[1]):
        force = math.sqrt(forces[0, i] ** 2 + forces[1, i] ** 2 + forces[2, i] ** 2)
        if 0.0 < force < math.inf:
            scale = min(MOBILITY, cap / force)
            for axis in range(3):
                positions[axis, i] += scale * forces[axis, i]
