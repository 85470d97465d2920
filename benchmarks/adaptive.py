"""Adaptive Brownian dynamics beside Euler-Maruyama: wall time of a tau of a Lennard-Jones fluid.

Both are perrin's, on one core, in turns, from equilibrated replicas of 500 particles at T = 1.5.
The time step of Euler-Maruyama is 1e-4; the tolerances are .05, and .01, where biases are alike.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np
from _environment import commit, machine

from perrin.engines.adaptive.engine import AdaptiveEngine
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState
from perrin.engines.staged import StagedEngine

REPEATS = 5
EQUILIBRATION = 1.0
STRETCH = 0.5
CASES = {
    f"n500_rho{density}_tolerance{tolerance}": (density, tolerance)
    for density in (0.5, 0.84)
    for tolerance in (0.05, 0.01)
}


class Side:
    """An equilibrated replica."""

    def __init__(self, kind: type[StagedEngine], density: float, **dynamics: float) -> None:
        self.engine = kind(
            kind.Parameters(
                particles=500,
                box_length=(500 / density) ** (1 / 3),
                temperature=1.5,
                potential={"kind": "lennard-jones"},
            ),
            kind.Dynamics(bulk_time=0.0, **dynamics),
            kind.Sampling(transient_time=0.0, time=1e3, interval=10**9, energy_interval=10**9),
        )
        self.state: ReplicaState = self.engine.start(np.random.SeedSequence(1))
        self.run(EQUILIBRATION)

    def run(self, duration: float) -> None:
        """Simulate for `duration`, tau."""
        steps = round(duration / self.engine.dynamics.time_step)
        self.engine.advance(self.state, self.state.step + steps)

    def seconds(self) -> float:
        """Wall time of one tau."""
        start = time.perf_counter()
        self.run(STRETCH)
        return (time.perf_counter() - start) / STRETCH


def measure(name: str, density: float, tolerance: float) -> dict[str, Any]:
    """Compare both integrators in one case."""
    fixed = Side(BrownianEngine, density, time_step=1e-4)
    adaptive = Side(
        AdaptiveEngine, density, absolute_tolerance=tolerance, relative_tolerance=tolerance
    )
    pairs = [(adaptive.seconds(), fixed.seconds()) for _ in range(REPEATS)]
    ours, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    tries = {which: int(adaptive.state.statistics[which][0]) for which in ("accepted", "rejected")}
    share = tries["accepted"] / sum(tries.values())
    step = (EQUILIBRATION + REPEATS * STRETCH) / tries["accepted"]
    print(f"{name}: {ours:.3f} s/tau, {other:.3f} with fixed steps;", end=" ")
    print(f"{share:.2f} of all tries accepted, mean step {step:.2e} tau", flush=True)
    return {
        "perrin": ours,
        "peer": other,
        "unit": "s/tau",
        "ratio": other / ours,
        "target": None,
        "accepted": share,
        "mean_step": step,
    }


def main() -> None:
    """Measure every case."""
    cases = {name: measure(name, *case) for name, case in CASES.items()}
    report = {"benchmark": "adaptive", "commit": commit(), "machine": machine(1), "cases": cases}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
