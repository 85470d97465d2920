"""perrin and a peer in turns on one core."""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple

from _lammps import Side, seconds

REPEATS = 7


class System(NamedTuple):
    """Particles in a cube, and the steps of one timed stretch."""

    particles: int
    density: float
    steps: int

    @property
    def length(self) -> float:
        """Edge of the box, sigma."""
        return float((self.particles / self.density) ** (1 / 3))


def compare(system: System, perrin: Side, peer: Side, target: float) -> dict[str, Any]:
    """Run both alternately, and compare the medians of their speeds."""
    pairs = [(seconds(perrin, system.steps), seconds(peer, system.steps)) for _ in range(REPEATS)]
    work = system.particles * system.steps
    ours, theirs = (work / statistics.median(times) for times in zip(*pairs, strict=True))
    for side, rate in (("perrin", ours), ("LAMMPS", theirs)):
        print(
            f"  {side}  {rate / system.particles:8.0f} steps/s  {1e9 / rate:6.1f} ns/particle-step"
        )
    print(f"  ratio {ours / theirs:.2f}, target {target}", flush=True)
    unit = "particle-steps/s"
    return {"perrin": ours, "peer": theirs, "unit": unit, "ratio": ours / theirs, "target": target}
