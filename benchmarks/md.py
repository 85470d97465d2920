"""Molecular dynamics of Lennard-Jones particles at constant energy: perrin beside LAMMPS, one core.

Both sides start from the same equilibrated configuration, in which their forces must be equal to
1e-10, and take turns, with a time step of .005.
LAMMPS runs `fix nve` with the opt kernels, and the fastest of several skins.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np
from _environment import commit, machine
from _lammps import Lammps, expect_lammps, fastest
from _side_by_side import System, compare

from perrin.engines.engine import ReplicaState
from perrin.engines.molecular.engine import MolecularEngine
from perrin.engines.samplers.frame import Frame

TEMPERATURE, TIME_STEP, TARGET = 1.5, 0.005, 1.8
CASES = {
    "nve_n500": System(500, 0.84, 6000),
    "nve_n4000": System(4000, 0.84, 600),
    "nve_n32000": System(32000, 0.84, 300),
}


class Perrin:
    """A replica at constant energy that is never sampled."""

    def __init__(self, system: System) -> None:
        equilibrated = min(2000, 4 * system.steps)
        self.engine = MolecularEngine(
            MolecularEngine.Parameters(
                particles=system.particles,
                box_length=system.length,
                temperature=TEMPERATURE,
                potential={"kind": "lennard-jones"},
            ),
            MolecularEngine.Dynamics(time_step=TIME_STEP, bulk_time=equilibrated * TIME_STEP),
            MolecularEngine.Sampling(transient_time=1e6, time=1.0, bin_width=1.0),
        )
        self.state: ReplicaState = self.engine.start(np.random.SeedSequence(1))
        self.run(equilibrated + system.steps)

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        self.engine.advance(self.state, self.state.step + steps)


def expect_equal_forces(perrin: Perrin, system: System) -> None:
    """Leave unless both programs compute the same forces, to 1e-10 of the largest."""
    parameters = perrin.engine.parameters
    table = parameters.potential.table(1)
    frame = Frame(
        parameters.box, parameters.counts, 2.5, table, perrin.state.dynamics, since=0, block=0
    )
    at_rest = Lammps(system.length, frame.positions, 0.3, commands="")
    ours, theirs = frame.pair_shares.forces, at_rest.forces()
    off = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    print(f"  forces differ by {off:.1e} of the largest")
    if off > 1e-10:
        sys.exit("perrin and LAMMPS compute different forces")


def measure(name: str, system: System) -> dict[str, Any]:
    """Compare both programs for one system."""
    print(name)
    perrin = Perrin(system)
    expect_equal_forces(perrin, system)
    positions = perrin.state.dynamics["positions"]
    commands = f"""
    velocity all create {TEMPERATURE} 4321 mom yes
    fix move all nve
    timestep {TIME_STEP}
    """
    peer = fastest(lambda skin: Lammps(system.length, positions, skin, commands), system.steps // 4)
    return compare(system, perrin, peer, TARGET)


def main() -> None:
    """Measure every case."""
    expect_lammps()
    cases = {name: measure(name, system) for name, system in CASES.items()}
    print(
        json.dumps({"benchmark": "md", "commit": commit(), "machine": machine(1), "cases": cases})
    )


if __name__ == "__main__":
    main()
