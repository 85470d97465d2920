from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from perrin.analysis.force_balance import hotelling
from perrin.engines.arrays import Floats
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState

LENNARD_JONES = {"kind": "lennard-jones"}


def make_engine(
    particles: int = 64,
    box_length: float = 6.0,
    bins: int = 20,
    temperature: float = 1.5,
    friction: float = 1.0,
    potential: dict[str, Any] | None = None,
    field: dict[str, Any] | None = None,
    sampling: dict[str, Any] | None = None,
    **dynamics: float,
) -> BrownianEngine:
    parameters = BrownianEngine.Parameters(
        particles=particles,
        box_length=box_length,
        temperature=temperature,
        friction=friction,
        potential=potential or LENNARD_JONES,
        field=field,
    )
    when = {"transient_time": 0.0, "time": 0.01, **(sampling or {})}
    return BrownianEngine(
        parameters,
        BrownianEngine.Dynamics(**{"time_step": 1e-4, "bulk_time": 0.01, **dynamics}),
        BrownianEngine.Sampling(bin_width=box_length / bins, **when),
    )


def naive(positions: Floats, length: float, cutoff: float = 2.5) -> tuple[Floats, float, Floats]:
    """Forces (3, N), energy and virial by components, (6,), by the double sum over all pairs."""
    difference = positions[:, :, None] - positions[:, None, :]
    difference -= length * np.rint(difference / length)
    r2 = (difference**2).sum(axis=0)
    np.fill_diagonal(r2, np.inf)
    inverse6 = np.where(r2 < cutoff**2, r2, np.inf) ** -3.0
    force_over_r = 24.0 * inverse6 * (2.0 * inverse6 - 1.0) / r2
    energy = 0.5 * (4.0 * inverse6 * (inverse6 - 1.0)).sum()
    x, y, z = difference
    products = np.array([x * x, y * y, z * z, y * z, x * z, x * y])
    virial = 0.5 * (force_over_r * products).sum(axis=(1, 2))
    return (force_over_r * difference).sum(axis=2), float(energy), virial


def run_ensemble(engine: BrownianEngine, replicas: int, seed: int = 0) -> list[ReplicaState]:
    """Run independent replicas to their end, on two threads."""

    def run(replica: int) -> ReplicaState:
        state = engine.start(np.random.SeedSequence(seed, spawn_key=(replica,)))
        engine.advance(state, engine.total_steps)
        return state

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(replicas)))


@pytest.fixture
def engine() -> Callable[..., BrownianEngine]:
    return make_engine


@pytest.fixture
def all_pairs() -> Callable[..., tuple[Floats, float, Floats]]:
    return naive


@pytest.fixture
def ensemble() -> Callable[..., list[ReplicaState]]:
    return run_ensemble


@pytest.fixture
def p_value() -> Callable[[Floats], float]:
    return hotelling
