"""Long runs of adaptive Brownian dynamics against the numbers of other programs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perrin.engines.adaptive.engine import AdaptiveEngine
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.staged import StagedEngine

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


MODES = [{"amplitude": 4.0, "wavenumber": 1, "phase": 0.5}]
DRIVEN = {
    "particles": 80,
    "box_length": 6.0,
    "temperature": 1.5,
    "potential": {"kind": "lennard-jones"},
    "field": {"kind": "planar-fourier", "x": {"constant": 3.0}, "z": {"modes": MODES}},
}


def profiles(engine: StagedEngine, seed: int, replicas: int = 24) -> dict[str, np.ndarray]:
    """Mean density and internal force along z in each bin of each replica, (replicas, bins)."""

    def one(replica: int) -> tuple[np.ndarray, np.ndarray]:
        state = engine.start(np.random.SeedSequence([seed, replica]))
        engine.advance(state, engine.total_steps)
        sums = {name: value[0] for name, value in state.statistics.items()}
        density, force = sums["density"][0], sums["internal_force"][0, :, 2]
        return density / sums["steps"], force / sums["steps"]

    with ThreadPoolExecutor(2) as pool:
        density, force = zip(*pool.map(one, range(replicas)), strict=True)
    return {"density": np.array(density), "force": np.array(force)}


def test_fields_equal_those_of_small_fixed_steps() -> None:
    """A driven fluid, bin by bin: chi^2 of 12 numbers, of which neighbours are not independent."""
    sampling = {"transient_time": 1.0, "time": 2.0, "bin_width": 0.5}
    adaptive = AdaptiveEngine(
        AdaptiveEngine.Parameters(**DRIVEN),
        AdaptiveEngine.Dynamics(time_step=5e-3, bulk_time=0.1),
        AdaptiveEngine.Sampling(**sampling),
    )
    fixed = BrownianEngine(
        BrownianEngine.Parameters(**DRIVEN),
        BrownianEngine.Dynamics(time_step=5e-5, bulk_time=0.1),
        BrownianEngine.Sampling(interval=20, **sampling),
    )
    first, second = profiles(adaptive, 5), profiles(fixed, 6)
    for name in ("density", "force"):
        off = first[name].mean(axis=0) - second[name].mean(axis=0)
        error2 = sum(
            group[name].var(axis=0, ddof=1) / len(group[name]) for group in (first, second)
        )
        chi2 = float((off**2 / error2).mean())
        print(f"{name}: chi^2 per bin {chi2:.2f}")
        assert chi2 < 1 + 4 * np.sqrt(2 / 12)
