"""The shape of a pair potential at a temperature: how large and how hard its particles are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ...engines.arrays import Floats
from ...engines.potentials.pair import pair
from ...engines.potentials.potential import Potential

SHORTEST_DISTANCE = 0.3
GRID_POINTS = 4000
CORE_ENERGY = 20.0
"""Energy at `SHORTEST_DISTANCE` from which on nothing gets there, k_B T."""


class _Table(NamedTuple):
    """Distance, energy and curvature of a pair, (M,) each; sigma, epsilon, epsilon/sigma^2."""

    distance: Floats
    energy: Floats
    curvature: Floats


@lru_cache(maxsize=1024)
def _tables(potential: Potential) -> tuple[_Table, ...]:
    """One table for each pair of species that the potential tells apart."""
    distance = np.linspace(SHORTEST_DISTANCE, 0.999 * potential.range, GRID_POINTS)
    return tuple(_table(numbers, distance) for numbers in potential.table(potential.species))


def _table(coefficients: Any, distance: Floats) -> _Table:
    values = np.array([pair(coefficients, r * r) for r in distance])
    return _Table(distance, values[:, 1], -np.gradient(values[:, 0] * distance, distance))


def has_core(potential: Potential, temperature: float, species: int = 0) -> bool:
    """Whether particles of a species cannot sit on top of one another at a temperature."""
    coefficients = potential.table(potential.species)[_alike(potential, species)]
    return pair(coefficients, SHORTEST_DISTANCE**2)[1] > CORE_ENERGY * temperature


def _alike(potential: Potential, species: int) -> int:
    """Place in the table of pairs of one species."""
    told_apart = potential.species
    return (species if told_apart > 1 else 0) * (told_apart + 1)


def effective_diameter(potential: Potential, temperature: float, species: int = 0) -> float:
    """Diameter of hard spheres that stand for the repulsive part of a potential, sigma.

    That of Barker and Henderson, d = int_0^infinity (1 - exp(-beta u_0(r))) dr, for the repulsive
    part u_0 of Weeks, Chandler and Andersen: u - u_min up to the minimum, zero beyond. Closer than
    `SHORTEST_DISTANCE` nothing can be. 0 without a repulsion.
    """
    if potential.range <= SHORTEST_DISTANCE:
        return 0.0
    table = _tables(potential)[_alike(potential, species)]
    lowest = int(np.argmin(table.energy))
    repulsion = table.energy[: lowest + 1] - min(0.0, table.energy[lowest])
    hole = 1.0 - np.exp(-repulsion / temperature)
    inner = SHORTEST_DISTANCE * hole[0]
    return float(inner + np.trapezoid(hole, table.distance[: lowest + 1]))


def steepest_curvature(potential: Potential, temperature: float) -> float:
    """Largest curvature that pairs meet at a temperature, epsilon/sigma^2.

    The curvature phi'' where two particles that come from far away with an energy of k_B T turn
    back, phi(r) = k_B T, or that of the steepest place beyond.
    """
    if potential.range <= SHORTEST_DISTANCE:
        return 0.0
    return max(_steepest(table, temperature) for table in _tables(potential))


def _steepest(table: _Table, temperature: float) -> float:
    closer = np.flatnonzero(table.energy >= temperature)
    first = int(closer[-1]) if len(closer) else 0
    return float(np.max(table.curvature[first:]))
