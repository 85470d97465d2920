"""How fast the engines are on a node: ``python -m perrin.campaign.sites.speed FOLDER``.

All cores compute at the same time, as they will in a campaign: they share caches, memory and clock.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from numpy.random import SeedSequence
from pydantic import BaseModel, ConfigDict

from ...engines.registry import ENGINES
from ...engines.staged import StagedEngine
from ..cost import seconds_per_step
from .order import Order, leave, node_name

REPORT = "speed-"
WARM_EVALUATIONS = 20
MEASURED_SECONDS = 1.0
MEASURED_EVALUATIONS = 100
CASES = ({"particles": 500, "box_length": 10.0}, {"particles": 200, "box_length": 10.0})
"""State points of truncated Lennard-Jones particles that speeds are measured with."""


class SpeedReport(BaseModel):
    """Speeds of one node: engine -> seconds per step over the nominal ones."""

    model_config = ConfigDict(frozen=True)

    node: str
    slowness: dict[str, float]


def slowness_of(engine: type[StagedEngine], threads: int) -> float:
    """Measured over nominal seconds per step, the mean of all cases and threads."""
    engines = [_ready(engine, case) for case in CASES]
    _seconds_per_step(engines[0], 0.0)  # compiles
    with ThreadPoolExecutor(threads) as pool:
        measured = [
            list(pool.map(_seconds_per_step, [engine] * threads, [MEASURED_SECONDS] * threads))
            for engine in engines
        ]
    return statistics.mean(
        statistics.mean(seconds) / _nominal(engine)
        for engine, seconds in zip(engines, measured, strict=True)
    )


def _nominal(engine: StagedEngine) -> float:
    return seconds_per_step(engine.parameters, engine.evaluations(engine.dynamics))


def _ready(engine: type[StagedEngine], case: dict[str, float]) -> StagedEngine:
    parameters = {**case, "temperature": 1.5, "potential": {"kind": "lennard-jones"}}
    return engine(
        engine.Parameters.model_validate(parameters),
        engine.Dynamics.model_validate({"bulk_time": 0.0}),
        engine.Sampling(transient_time=0.0, time=1e4),
    )


def _steps(engine: StagedEngine, evaluations: int) -> int:
    return math.ceil(evaluations / engine.evaluations(engine.dynamics))


def _seconds_per_step(engine: StagedEngine, seconds: float) -> float:
    state = engine.start(SeedSequence(0))
    engine.advance(state, _steps(engine, WARM_EVALUATIONS))
    began, first = time.perf_counter(), state.step
    while True:
        engine.advance(state, state.step + _steps(engine, MEASURED_EVALUATIONS))
        elapsed = time.perf_counter() - began
        if elapsed >= seconds:
            return elapsed / (state.step - first)


def main() -> None:
    """Measure every engine, and leave a report."""
    folder, node = Path(sys.argv[1]), node_name()
    threads = Order.load(folder).threads
    slowness = {name: slowness_of(engine, threads) for name, engine in ENGINES.items()}
    leave(folder, f"{REPORT}{node}.json", SpeedReport(node=node, slowness=slowness))


if __name__ == "__main__":
    main()
