"""What a replica costs before any has run.

The nominal speed is that of Brownian dynamics on one core of a 2.6 GHz AVX-512 processor: for each
evaluation of the forces a fixed cost per particle, and one per neighbour within the Verlet list.
`perrin sites check` measures by how much a site, or another engine, is slower.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..engines.neighbours import skin
from ..engines.system import ParticleSystem

NANOSECONDS_PER_PARTICLE = 90.0
NANOSECONDS_PER_NEIGHBOUR = 1.9


def seconds_per_step(system: ParticleSystem, evaluations: float) -> float:
    """Nominal wall time of a step with so many evaluations of all forces, on one core, seconds."""
    reach = system.potential.range
    radius = reach + skin() if reach > 0 else 0.0
    neighbours = min(system.box.ball(radius) * system.density, system.particles)
    nanoseconds = NANOSECONDS_PER_PARTICLE + NANOSECONDS_PER_NEIGHBOUR * neighbours
    return evaluations * system.particles * nanoseconds * 1e-9


@dataclass(frozen=True)
class Cost:
    """What is left to compute of a campaign.

    Attributes
    ----------
    core_hours, wall_hours
        Processor time, and time to wait for it with all workers.
    tasks, files
        Bundles, and files that remain when all is done.
    bytes
        Size of the results.
    slowness, basis
        Processor time in units of the nominal one, and in words how it is known.
    """

    core_hours: float
    wall_hours: float
    tasks: int
    files: int
    bytes: int
    slowness: float = 1.0
    basis: str = "nominal speed"

    def slowed(self, slowness: float, basis: str) -> Cost:
        """The same work at another speed than the nominal one."""
        return replace(
            self,
            core_hours=self.core_hours * slowness,
            wall_hours=self.wall_hours * slowness,
            slowness=slowness,
            basis=basis,
        )
