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


def agree(found, energy, pressure, largest) -> None:
    """Within three standard errors, and these no larger than they may be."""
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
    print(f"U/N = {mean[0]:.4f}({error[0]:.4f}), P = {mean[1]:.4f}({error[1]:.4f})")
    for value, its, (expected, uncertainty), most in zip(
        mean, error, (energy, pressure), largest, strict=True
    ):
        assert its < most
        assert value == pytest.approx(expected, abs=3 * np.hypot(its, uncertainty))
