"""Long runs of molecular dynamics against the numbers of other programs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perrin.engines.molecular.engine import MolecularEngine

pytestmark = pytest.mark.validate


def energies_and_pressures(engine: MolecularEngine, replicas: int) -> np.ndarray:
    """U/N and P of each replica, (replicas, 2)."""

    def one(replica: int) -> list[float]:
        state = engine.start(np.random.SeedSequence([9, replica]))
        engine.advance(state, engine.total_steps)
        sums, n = state.statistics, engine.parameters.particles
        samples = sums["energy_samples"][0]
        stress = sums["kinetic_stress"] + sums["virial_stress"]
        pressure = stress[0, :3].sum() / samples / 3 / engine.parameters.box.volume
        return [sums["energy"][0, 0] / samples / n, pressure]

    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(one, range(replicas))))


@pytest.mark.parametrize(
    ("density", "energy", "pressure"),
    [(0.5, (-3.0500, 0.0006), (0.6732, 0.0012)), (0.84, (-4.8587, 0.0016), (5.036, 0.008))],
)
@pytest.mark.parametrize(
    "thermostat", [{"kind": "langevin", "friction": 1.0}, {"kind": "nose-hoover"}]
)
def test_lennard_jones(density, energy, pressure, thermostat) -> None:
    """N = 500, T = 1.5, cut at 2.5: BAOAB with a time step of .003."""
    engine = MolecularEngine(
        MolecularEngine.Parameters(
            particles=500,
            box_length=(500 / density) ** (1 / 3),
            temperature=1.5,
            potential={"kind": "lennard-jones"},
        ),
        MolecularEngine.Dynamics(time_step=0.003, bulk_time=10.0, thermostat=thermostat),
        MolecularEngine.Sampling(transient_time=0.0, time=60.0, bin_width=100.0),
    )
    agree(energies_and_pressures(engine, 16), energy, pressure, (0.003, 0.012))


def test_kob_andersen() -> None:
    """N = 1000, T = .975, density 1.2, energy-shifted: LAMMPS at constant energy."""
    engine = MolecularEngine(
        MolecularEngine.Parameters(
            particles=1000,
            box_length=(1000 / 1.2) ** (1 / 3),
            composition=(4, 1),
            temperature=0.975,
            potential={"kind": "kob-andersen", "shift": "energy"},
        ),
        MolecularEngine.Dynamics(
            time_step=0.004, bulk_time=20.0, thermostat={"kind": "langevin", "friction": 1.0}
        ),
        MolecularEngine.Sampling(transient_time=0.0, time=30.0, bin_width=100.0),
    )
    agree(energies_and_pressures(engine, 16), (-6.059, 0.002), (9.58, 0.01), (0.004, 0.03))


@pytest.mark.parametrize(
    ("density", "temperature", "energy", "pressure"),
    [
        (0.776, 0.85, -5.5121, 0.0067714),
        (0.860, 0.85, -6.0305, 1.2660),
        (0.780, 0.90, -5.4956, 0.27851),
        (0.900, 0.90, -6.1773, 2.5848),
    ],
)
def test_lennard_jones_with_long_range_corrections(density, temperature, energy, pressure) -> None:
    """NIST's Monte Carlo, cut at 3 sigma, with the corrections for a uniform fluid beyond."""
    engine = MolecularEngine(
        MolecularEngine.Parameters(
            particles=500,
            box_length=(500 / density) ** (1 / 3),
            temperature=temperature,
            potential={"kind": "lennard-jones", "cutoff": 3.0},
        ),
        MolecularEngine.Dynamics(
            time_step=0.003, bulk_time=20.0, thermostat={"kind": "langevin", "friction": 1.0}
        ),
        MolecularEngine.Sampling(transient_time=0.0, time=60.0, bin_width=100.0),
    )
    tail = (
        np.pi
        * density
        * np.array(
            [8 / 9 * 3.0**-9 - 8 / 3 * 3.0**-3, density * (32 / 9 * 3.0**-9 - 16 / 3 * 3.0**-3)]
        )
    )
    found = energies_and_pressures(engine, 12) + tail
    agree(found, (energy, 0.0005), (pressure, 0.002), (0.003, 0.012))


@pytest.mark.parametrize(("temperature", "time"), [(0.975, 1.35), (0.620, 13.2)])
def test_relaxation_time_of_kob_andersen(temperature, time) -> None:
    """F_s of A at q = 7.25 falls to 1/e: LAMMPS at constant energy, one run, 10 per cent."""
    engine = MolecularEngine(
        MolecularEngine.Parameters(
            particles=1000,
            box_length=(1000 / 1.2) ** (1 / 3),
            composition=(4, 1),
            temperature=temperature,
            potential={"kind": "kob-andersen", "shift": "energy"},
        ),
        MolecularEngine.Dynamics(
            time_step=0.004, hot_temperature=2.0, hot_time=5.0, bulk_time=10 * time + 20.0
        ),
        MolecularEngine.Sampling(
            transient_time=0.0,
            time=8 * time,
            bin_width=100.0,
            relaxation={"longest_lag": 3 * time, "origin_time": time / 2, "wavenumbers": [7.25]},
        ),
    )
    lags = engine.sampling.relaxation.lag_steps(0.004) * 0.004

    def one(replica: int) -> float:
        state = engine.start(np.random.SeedSequence([5, replica]))
        engine.advance(state, engine.total_steps)
        sums = {name: value[0] for name, value in state.statistics.items()}
        scattering = sums["self_scattering"][1, 0, 0] / sums["lag_samples"]
        return float(np.interp(1 / np.e, scattering[::-1], lags[::-1]))

    with ThreadPoolExecutor(2) as pool:
        times = np.array(list(pool.map(one, range(6))))
    error = times.std(ddof=1) / np.sqrt(len(times))
    print(f"T={temperature}: tau_alpha = {times.mean():.3f}({error:.3f}), LAMMPS {time}")
    assert error < 0.05 * time
    assert times.mean() == pytest.approx(time, abs=3 * error + 0.1 * time)


def agree(found, energy, pressure, largest) -> None:
    """Within three standard errors, and these no larger than they may be."""
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
    print(f"U/N = {mean[0]:.4f}({error[0]:.4f}), P = {mean[1]:.4f}({error[1]:.4f})")
    for value, its, (expected, uncertainty), most in zip(
        mean, error, (energy, pressure), largest, strict=True
    ):
        assert its < most
        assert value == pytest.approx(expected, abs=3 * np.hypot(its, uncertainty))
