"""Whether state points are so dense that they will not be fluids."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...engines.brownian.parameters import BrownianParameters
from .finding import Finding, worst
from .pair_shape import effective_diameter, has_core

FREEZING = 0.494
MELTING = 0.545
RANDOM_CLOSE_PACKING = 0.64
"""Packing fractions of hard spheres: Hoover and Ree, J. Chem. Phys. 49, 3609 (1968); Bernal."""


def packing_fraction(parameters: BrownianParameters) -> float:
    """Share of the volume that the cores take: pi/6 rho d^3 with the effective diameter d.

    0 for particles that may overlap.
    """
    if not has_core(parameters.potential, parameters.temperature):
        return 0.0
    diameter = effective_diameter(parameters.potential, parameters.temperature)
    return math.pi / 6 * parameters.density * diameter**3


def packing_findings(points: Sequence[BrownianParameters]) -> Iterator[Finding]:
    """Compare the packing fraction with where hard spheres freeze, melt and jam."""
    found = worst(points, packing_fraction, FREEZING)
    if found is not None:
        yield Finding(
            f"density {found.point.density:.4g} at temperature {found.point.temperature:.4g} is a "
            f"packing fraction of {found.value:.3g}, that of hard spheres "
            f"{_consequence(found.value)}{found.above}"
        )


def _consequence(fraction: float) -> str:
    if fraction > RANDOM_CLOSE_PACKING:
        return (
            f"beyond random close packing ({RANDOM_CLOSE_PACKING}): a random start keeps overlaps "
            "of the cores, and will not flow"
        )
    if fraction > MELTING:
        return f"beyond melting ({MELTING}): the system will crystallise or fall out of equilibrium"
    return f"between freezing ({FREEZING}) and melting ({MELTING}): the system may crystallise"
