"""Long runs of adaptive Brownian dynamics against the numbers of other programs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perrin.engines.adaptive.engine import AdaptiveEngine

pytestmark = pytest.mark.validate


def estimates(density: float, tolerance: float, replicas: int = 12) -> np.ndarray:
    """U/N, P, the share of accepted tries and the mean step of each replica, (replicas, 4)."""
    engine = AdaptiveEngine(
        AdaptiveEngine.Parameters(
            particles=500,
            box_length=(500 / density) ** (1 / 3),
            temperature=1.5,
            potential={"kind": "lennard-jones"},
        ),
        AdaptiveEngine.Dynamics(
            bulk_time=2.0, absolute_tolerance=tolerance, relative_tolerance=tolerance
        ),
        AdaptiveEngine.Sampling(transient_time=0.0, time=8.0, bin_width=100, energy_interval=1),
    )

    def one(replica: int) -> list[float]:
        state = engine.start(np.random.SeedSequence([4, replica]))
        engine.advance(state, engine.total_steps)
        sums = {name: value[0] for name, value in state.statistics.items()}
        samples, tries = sums["energy_samples"], sums["accepted"] + sums["rejected"]
        pressure = density * 1.5 + sums["virial"][0] / samples / 3 / (500 / density)
        energy = sums["energy"][0] / samples / 500
        return [energy, pressure, sums["accepted"] / tries, 8.0 / sums["accepted"]]

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(one, range(replicas))))


@pytest.mark.parametrize(
    ("density", "energy", "pressure"),
    [(0.5, (-3.0500, 0.0006), (0.6732, 0.0012)), (0.84, (-4.8587, 0.0016), (5.036, 0.008))],
)
def test_averages_are_exact_where_the_tolerance_vanishes(density, energy, pressure) -> None:
    """The bias is of second order in the step, and so of first order in the tolerance."""
    coarse, fine = estimates(density, 0.03), estimates(density, 0.01)
    for found, tolerance in ((coarse, 0.03), (fine, 0.01)):
        error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
        shown = ", ".join(
            f"{m:.5g} +- {e:.1g}" for m, e in zip(found.mean(axis=0), error, strict=True)
        )
        print(f"rho={density} tolerance={tolerance}: U/N, P, accepted, step = {shown}")
    extrapolated = 1.5 * fine - 0.5 * coarse
    for column, (reference, other) in enumerate((energy, pressure)):
        values = extrapolated[:, column]
        error = np.hypot(values.std(ddof=1) / np.sqrt(len(values)), other)
        print(f"  tolerance -> 0: {values.mean():.5f} +- {error:.5f}, reference {reference}")
        assert values.mean() == pytest.approx(reference, abs=3 * error)
