"""Brownian dynamics of Lennard-Jones particles: perrin beside LAMMPS, on one core.

Both sides start from the same equilibrated configuration and take turns. LAMMPS runs `fix brownian`
with the opt kernels and the fastest of several skins; an external force along z is `fix addforce`
there, and one-body fields are `compute chunk/atom` and `fix ave/chunk`. Both sample density,
current and forces every ten steps. Two replicas on two cores are compared
with two processes that know nothing of one another.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

os.environ.update(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np
from _environment import commit, machine
from _lammps import Lammps, expect_lammps, fastest
from _side_by_side import REPEATS, System, compare

from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState

TEMPERATURE, TIME_STEP, AMPLITUDE, BIN_WIDTH = 1.5, 1e-4, 4.0, 0.1


class Case(NamedTuple):
    """A system, whether it is driven and sampled, and how much faster than LAMMPS it should be."""

    system: System
    is_driven: bool
    is_sampled: bool
    target: float


CASES = {
    "n500_rho0.5_external": Case(System(500, 0.5, 8000), True, False, 2.5),
    "n500_rho0.84_external": Case(System(500, 0.84, 6000), True, False, 2.5),
    "n500_rho0.5_sampled": Case(System(500, 0.5, 5000), True, True, 4.0),
    "n500_rho0.84_sampled": Case(System(500, 0.84, 4000), True, True, 4.0),
    "n4000_rho0.5": Case(System(4000, 0.5, 1000), False, False, 2.0),
    "n4000_rho0.84": Case(System(4000, 0.84, 600), False, False, 2.0),
    "n32000_rho0.5": Case(System(32000, 0.5, 300), False, False, 2.0),
    "n32000_rho0.84": Case(System(32000, 0.84, 300), False, False, 2.0),
}


class Perrin:
    """A replica, equilibrated without its field, then driven, and sampled if asked for."""

    def __init__(self, case: Case, seed: int = 1) -> None:
        modes = [{"amplitude": AMPLITUDE, "wavenumber": 1, "phase": 0.0}]
        field = {"kind": "planar-fourier", "z": {"modes": modes}} if case.is_driven else None
        equilibrated = 4 * case.system.steps
        self.engine = BrownianEngine(
            BrownianEngine.Parameters(
                particles=case.system.particles,
                box_length=case.system.length,
                temperature=TEMPERATURE,
                potential={"kind": "lennard-jones"},
                field=field,
            ),
            BrownianEngine.Dynamics(time_step=TIME_STEP, bulk_time=equilibrated * TIME_STEP),
            BrownianEngine.Sampling(
                transient_time=0.0 if case.is_sampled else 1e6,
                time=1e3,
                interval=10,
                energy_interval=1000,
                bin_width=BIN_WIDTH,
                modes=0,
            ),
        )
        self.state: ReplicaState = self.engine.start(np.random.SeedSequence(seed))
        self.run(equilibrated + case.system.steps)

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        self.engine.advance(self.state, self.state.step + steps)


def lammps_commands(case: Case) -> str:
    """What LAMMPS is to do in a case."""
    wave = f"{AMPLITUDE}*sin({2 * np.pi / case.system.length}*z)"
    driving = f"variable fz atom {wave}\nfix drive all addforce 0.0 0.0 v_fz"
    every = f"10 {case.system.steps // 10} {case.system.steps}"
    sampling = f"""
    compute slices all chunk/atom bin/1d z lower {BIN_WIDTH} units box
    fix fields all ave/chunk {every} slices density/number vx vy vz fx fy fz
    """
    return f"""
    {driving if case.is_driven else ""}
    fix move all brownian {TEMPERATURE} 12345 gamma_t 1.0
    {sampling if case.is_sampled else ""}
    timestep {TIME_STEP}
    """


def measure(name: str, case: Case) -> dict[str, Any]:
    """Compare both programs in one case."""
    print(name)
    perrin = Perrin(case)
    positions = perrin.state.dynamics["positions"]
    system, commands = case.system, lammps_commands(case)
    peer = fastest(lambda skin: Lammps(system.length, positions, skin, commands), system.steps // 4)
    return compare(system, perrin, peer, case.target)


REPLICAS = Case(System(500, 0.84, 6000), True, False, 0.97)


def rate_of_one(turns: int) -> float:
    """Steps per second of one replica."""
    perrin = Perrin(REPLICAS)
    start = time.perf_counter()
    for _ in range(turns):
        perrin.run(REPLICAS.system.steps)
    return turns * REPLICAS.system.steps / (time.perf_counter() - start)


def rate_of_two_threads(turns: int) -> float:
    """Steps per second of two replicas together, on two threads of this process."""
    sides = [Perrin(REPLICAS, seed) for seed in (1, 2)]
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda side: side.run(turns * REPLICAS.system.steps), sides))
    return 2 * turns * REPLICAS.system.steps / (time.perf_counter() - start)


def rate_of_two_processes(turns: int) -> float:
    """Steps per second of two processes together."""
    command = [sys.executable, __file__, "one", str(turns)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return sum(float(process.communicate()[0].split()[-1]) for process in processes)


def measure_replicas(turns: int = 3) -> dict[str, Any]:
    """Compare two threads with two processes, each relative to one replica alone."""
    print("replicas_2_cores")
    rates = [
        (rate_of_two_threads(turns), rate_of_two_processes(turns)) for _ in range(REPEATS // 2)
    ]
    threads, processes = (statistics.median(rate) for rate in zip(*rates, strict=True))
    print(f"  two threads {threads:.0f} steps/s, two processes {processes:.0f}, ", end="")
    print(f"one replica {rate_of_one(turns):.0f}")
    return {
        "perrin": threads,
        "peer": processes,
        "unit": "steps/s",
        "ratio": threads / processes,
        "target": REPLICAS.target,
    }


def main() -> None:
    """Measure every case."""
    if sys.argv[1:2] == ["one"]:
        print(rate_of_one(int(sys.argv[2])))
        return
    expect_lammps()
    cases = {name: measure(name, case) for name, case in CASES.items()}
    cases["replicas_2_cores"] = measure_replicas()
    report = {"benchmark": "brownian", "commit": commit(), "machine": machine(1), "cases": cases}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
