"""Whether state points are so dense that they will not be fluids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...engines.system import ParticleSystem
from .finding import Finding, worst
from .pair_shape import effective_diameter, has_core


class HardParticles(NamedTuple):
    """Packing fractions of hard particles of one size."""

    name: str
    freezing: float
    melting: float
    random_close_packing: float


SPHERES = HardParticles("spheres", 0.494, 0.545, 0.64)
"""Hoover and Ree, J. Chem. Phys. 49, 3609 (1968); Bernal."""

DISKS = HardParticles("disks", 0.70, 0.716, 0.84)
"""Bernard and Krauth, Phys. Rev. Lett. 107, 155704 (2011): freezing is that into the hexatic."""


def packing_fraction(system: ParticleSystem) -> float:
    """Share of the volume that the cores take: that of balls of the effective diameters.

    Particles that may overlap take none.
    """
    potential, temperature, box = system.potential, system.temperature, system.box
    cores = (
        count * box.ball(effective_diameter(potential, temperature, species) / 2)
        for species, count in enumerate(system.counts)
        if has_core(potential, temperature, species)
    )
    return sum(cores) / box.volume


def packing_findings(points: Sequence[ParticleSystem]) -> Iterator[Finding]:
    """Compare the packing fraction with where hard spheres or disks freeze, melt and jam."""
    for hard, dimensions in ((SPHERES, 3), (DISKS, 2)):
        alike = [point for point in points if point.box.dimensions == dimensions]
        found = worst(alike, packing_fraction, hard.freezing)
        if found is not None:
            yield Finding(
                f"density {found.point.density:.4g} at temperature {found.point.temperature:.4g} "
                f"is a packing fraction of {found.value:.3g}, that of hard {hard.name} "
                f"{_consequence(hard, found.value)}{found.above}"
            )


def _consequence(hard: HardParticles, fraction: float) -> str:
    freezing, melting, packed = hard.freezing, hard.melting, hard.random_close_packing
    if fraction > packed:
        return (
            f"beyond random close packing ({packed}): a random start keeps overlaps "
            "of the cores, and will not flow"
        )
    if fraction > melting:
        return f"beyond melting ({melting}): the system will crystallise or fall out of equilibrium"
    return f"between freezing ({freezing}) and melting ({melting}): the system may crystallise"
