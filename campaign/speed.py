"""How fast replicas are computed, compared with the nominal speed."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..engines.ensemble import EnsembleFile
from ..engines.randomness import replica_seed
from ..engines.registry import ENGINES
from ..engines.seal import DamagedFileError
from .cost import seconds_per_step
from .plan import Plan
from .segments import make_engine
from .sites.measured import Measurement
from .store import Store

FILES_LOOKED_AT = 5
ROWS_LOOKED_AT = 20
SMALLEST_NUMBER_OF_STEPS = 100
TIMED_SECONDS = 1.0


@dataclass(frozen=True)
class Speed:
    """Processor time of a step, in units of the nominal one, and how it is known."""

    slowness: float
    basis: str


NOMINAL = Speed(1.0, "nominal speed; `perrin plan --measure` times it here")


def known_speed(plan: Plan, store: Store) -> Speed:
    """Speed of the replicas published last, wherever they were computed; without any, of the site.

    Nominal where `perrin sites check` has not measured that.
    """
    ratios = list(_ratios(store))
    if not ratios:
        return _speed_of_site(plan)
    slowness = statistics.median(ratios)
    return Speed(slowness, f"as measured in {len(ratios)} replicas, {slowness:.2g} times nominal")


def at_known_speed(plan: Plan, store: Store) -> Plan:
    """The same plan with times of segments as they are known to be."""
    return plan.slowed(known_speed(plan, store).slowness)


def _speed_of_site(plan: Plan) -> Speed:
    measurement = Measurement.of(plan.site)
    slowness = measurement.slowness.get(plan.campaign.problem.engine) if measurement else None
    if measurement is None or slowness is None:
        return NOMINAL
    basis = f"as measured on {plan.site.name} on {measurement.date}"
    return Speed(slowness, f"{basis}, {slowness:.2g} times nominal")


def _ratios(store: Store) -> Iterator[float]:
    """Yield processor time over nominal time, replica by replica."""
    newest = [file.name for file in store.index.additions[-FILES_LOOKED_AT:]]
    for name in newest:
        with (
            contextlib.suppress(OSError, DamagedFileError),
            EnsembleFile(store.layout.results / name) as file,
        ):
            for row in file.rows()[:ROWS_LOOKED_AT]:
                record = file.record(row)
                engine = ENGINES[record.physics.engine]
                parameters = engine.Parameters.model_validate(record.physics.state_point)
                dynamics = engine.Dynamics.model_validate(record.physics.dynamics)
                step_seconds = seconds_per_step(parameters, engine.evaluations(dynamics))
                nominal = row.step * step_seconds
                yield sum(run.cpu_seconds for run in record.runs) / nominal


def speed_here(plan: Plan) -> Speed:
    """Time steps of a typical state point on one core of this machine; compiles them first."""
    point = sorted(plan.points, key=lambda point: point.replica_seconds)[len(plan.points) // 2]
    engine = make_engine(point.physics, plan.sampling)
    nominal = point.step_seconds
    state = engine.start(replica_seed(0, point.physics.state_point_hash, 0))
    engine.advance(state, min(SMALLEST_NUMBER_OF_STEPS, engine.total_steps))
    first = state.step
    until = first + int(np.ceil(TIMED_SECONDS / nominal))
    began = time.thread_time()
    engine.advance(state, min(until, engine.total_steps))
    slowness = (time.thread_time() - began) / (nominal * max(1, state.step - first))
    return Speed(slowness, f"as measured here, {slowness:.2g} times nominal")
