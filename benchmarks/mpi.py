"""One large system on two processes, perrin beside LAMMPS, and what size costs on one process.

Euler-Maruyama steps of Lennard-Jones particles at rho = .84 that begin on a lattice. Four programs
take turns: perrin without domains, perrin with two, LAMMPS with one process and with two. A stretch
of perrin is as long as segments are, and includes dealing particles out and collecting them.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np
from _environment import commit, machine
from _lammps import Lammps, expect_lammps

from perrin.engines.box import make_box
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.domains.decomposed import Decomposed, dismiss, follow
from perrin.engines.domains.registry import DECOMPOSED
from perrin.engines.lattice import lattice_positions
from perrin.site_configs.launch import find_program

TEMPERATURE, TIME_STEP, DENSITY, SKIN, REPEATS = 1.5, 1e-4, 0.84, 0.4, 3
LARGE, SMALL, LARGEST = 256_000, 32_000, 1_000_000
WORK = 80_000_000
"""Particle-steps of a timed stretch, for every process."""
LONG = 4
"""Stretches of the largest system are so many times as long: each begins with new lists."""


def edge(particles: int) -> float:
    """Edge of the box, sigma."""
    return float((particles / DENSITY) ** (1 / 3))


def work(particles: int, ranks: int) -> int:
    """Particle-steps of a stretch of all processes together."""
    return ranks * WORK * (LONG if particles == LARGEST else 1)


def make_engine(kind: type[Any], particles: int) -> Any:
    """A fluid that begins on a lattice and is never sampled."""
    return kind(
        kind.Parameters(
            particles=particles,
            box_length=edge(particles),
            temperature=TEMPERATURE,
            potential={"kind": "lennard-jones"},
        ),
        kind.Dynamics(time_step=TIME_STEP, bulk_time=10.0, start="lattice", noise="particles"),
        kind.Sampling(transient_time=1e6, time=1.0, bin_width=1.0),
    )


def rate(particles: int, steps: int, run: Callable[[int], None]) -> float:
    """Particle-steps per second, after half as many steps to melt."""
    run(steps // 2)
    begun = time.perf_counter()
    run(steps)
    return particles * steps / (time.perf_counter() - begun)


def rate_of_engine(engine: Any, particles: int, steps: int) -> float:
    """Speed of perrin in this process, or as the first of a group."""
    state = engine.start(np.random.SeedSequence(1))
    return rate(particles, steps, lambda more: engine.advance(state, state.step + more))


def rate_of_perrin(particles: int, ranks: int) -> float | None:
    """Speed of perrin; nothing from the other processes of a group."""
    steps = work(particles, ranks) // particles
    if ranks == 1:
        return rate_of_engine(make_engine(BrownianEngine, particles), particles, steps)
    from mpi4py import MPI

    engine: Decomposed = make_engine(DECOMPOSED["brownian"], particles)
    engine.join(MPI.COMM_WORLD)
    if MPI.COMM_WORLD.rank:
        follow({"": engine}, MPI.COMM_WORLD)
        return None
    found = rate_of_engine(engine, particles, steps)
    dismiss(MPI.COMM_WORLD)
    return found


def rate_of_lammps(particles: int, ranks: int) -> float:
    """Speed of LAMMPS."""
    box = make_box(edge(particles), (1.0, 1.0, 1.0))
    positions = lattice_positions(particles, box, np.arange(4, dtype=np.uint64))
    commands = f"""
    fix move all brownian {TEMPERATURE} 12345 gamma_t 1.0
    timestep {TIME_STEP}
    """
    return rate(
        particles,
        work(particles, ranks) // particles,
        Lammps(edge(particles), positions, SKIN, commands).run,
    )


RATES = {"perrin": rate_of_perrin, "LAMMPS": rate_of_lammps}


def measure(program: str, particles: int, ranks: int) -> float:
    """Speed of a program that is started for it, in particle-steps per second."""
    command = [sys.executable, __file__, program, str(particles), str(ranks)]
    if ranks > 1:
        command = [find_program("mpiexec"), "-n", str(ranks), *command]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = float(output.split()[-1])
    print(f"  {program}, N = {particles}, {ranks} rank(s): {1e9 / found:.1f} ns", flush=True)
    return found


def case(ours: list[float], theirs: list[float], target: float | None) -> dict[str, Any]:
    """Compare medians."""
    first, second = statistics.median(ours), statistics.median(theirs)
    unit = "particle-steps/s"
    return {
        "perrin": first,
        "peer": second,
        "unit": unit,
        "ratio": first / second,
        "target": target,
    }


def main() -> None:
    """Measure every case, or one program."""
    if len(sys.argv) > 1:
        found = RATES[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
        if found is not None:
            print(found)
        return
    expect_lammps()
    sides = [("perrin", 1), ("perrin", 2), ("LAMMPS", 1), ("LAMMPS", 2)]
    turns = [[measure(name, LARGE, ranks) for name, ranks in sides] for _ in range(REPEATS)]
    one, two, lammps_one, lammps_two = (list(rates) for rates in zip(*turns, strict=True))
    sizes = [[measure("perrin", size, 1) for size in (LARGEST, SMALL)] for _ in range(REPEATS)]
    largest, small = (list(rates) for rates in zip(*sizes, strict=True))
    cases = {
        f"ranks_2_n{LARGE}": case(two, one, 1.7),
        f"ranks_2_n{LARGE}_lammps": case(two, lammps_two, None),
        f"n{LARGE}_lammps": case(one, lammps_one, None),
        f"n{LARGEST}_against_n{SMALL}": case(largest, small, 0.9),
    }
    print(
        json.dumps({"benchmark": "mpi", "commit": commit(), "machine": machine(2), "cases": cases})
    )


if __name__ == "__main__":
    main()
