"""Density profiles from forces: exact integrals, an ideal gas, and a driven fluid."""

import numpy as np
import pytest

from perrin.analysis.dataset import history_dataset, one_body_dataset
from perrin.analysis.force_balance import hotelling
from perrin.analysis.force_sampling import density_from_forces
from perrin.analysis.one_body import OneBodyFields
from perrin.analysis.one_body_history import OneBodyHistory
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.molecular.engine import MolecularEngine
from perrin.tests.support.made_up_sums import DENSITY, WIDTH, K, blocked_sums, write, write_sums
from perrin.tests.support.reducing import reduced, simulated

TEMPERATURE, LENGTH, REPLICAS = 1.5, 8.0, 64
WAVE = {
    "kind": "planar-fourier",
    "z": {"modes": [{"amplitude": 1.0, "wavenumber": 1, "phase": 0.0}]},
}
DRIVEN = {
    "kind": "planar-fourier",
    "x": {"constant": 5.0},
    "z": {"constant": 0.5, "modes": [{"amplitude": 1.0, "wavenumber": 1, "phase": 0.0}]},
}
GAUSSIAN_CORE = {"kind": "gaussian-core", "strength": 1.5, "cutoff": 3.0, "shift": "force"}


def bin_averages(integral, bins, length=1.0):
    edges = np.linspace(0.0, length, bins + 1)
    return np.diff(integral(edges)) * bins / length


def off(bins):
    """Deviation for rho = 2 + sin(2 pi z), T = 0.7 and a current that needs a mean force of 3."""
    k = 2 * np.pi
    density = bin_averages(lambda z: 2 * z - np.cos(k * z) / k, bins)
    force = bin_averages(lambda z: 3 * z + 0.7 * np.sin(k * z), bins)
    return density_from_forces(force, density, 0.7, 1 / bins) - density, density


@pytest.mark.parametrize("bins", [20, 40, 80])
def test_the_error_is_of_fourth_order_in_the_width(bins):
    """-11/720 h^4 times the fourth derivative of rho, and terms of sixth order beside it."""
    deviation, density = off(bins)
    h, k = 1 / bins, 2 * np.pi
    np.testing.assert_allclose(
        deviation, -11 / 720 * (h * k) ** 4 * (density - 2), atol=0.01 * (h * k) ** 6
    )


def test_species_have_currents_of_their_own():
    deviation, density = off(30)
    k = 2 * np.pi
    force = bin_averages(lambda z: 0.7 * np.sin(k * z), 30)
    both = density_from_forces(
        np.array([force + 1, 2 * force - 5]), np.array([density, 2 * density]), 0.7, 1 / 30
    )
    np.testing.assert_allclose(both, [density + deviation, 2 * (density + deviation)])


@pytest.mark.parametrize("bins", [1, 2, 3])
def test_few_bins_keep_the_mean_density(bins):
    profile = density_from_forces(np.arange(bins) + 1.0, np.full(bins, 0.3), 1.0, 0.5)
    assert profile.mean() == pytest.approx(0.3)


def test_reductions_have_it(tmp_path):
    """A made-up state with J_z = .05, F_z = T rho' + J_z and rho = .1 + .03 cos(K z)."""
    fields = OneBodyFields().compute(tmp_path / "a.h5", write(tmp_path / "a.h5", range(2)))
    dataset = one_body_dataset(fields).isel(state_point=0)
    found = dataset["density_from_forces"]
    assert found.dims == ("bin",)
    assert found.attrs["units"] == "sigma^-3"
    np.testing.assert_allclose(found, DENSITY, atol=0.03 * 12 / 720 * (WIDTH * K) ** 4)
    assert (dataset["density_from_forces_error"] < 1e-12).all()


def test_blocks_in_time_have_none(tmp_path):
    sums = [blocked_sums(0.001, replica, 3) for replica in range(2)]
    rows = write_sums(tmp_path / "a.h5", range(2), sums, block_time=1.0)
    dataset = history_dataset(OneBodyHistory().compute(tmp_path / "a.h5", rows))
    assert "residual" in dataset
    assert "density_from_forces" not in dataset


def brownian(particles=60, field=None, bins=80, composition=(1,), **potential):
    return BrownianEngine(
        BrownianEngine.Parameters(
            particles=particles,
            box_length=LENGTH,
            composition=composition,
            temperature=TEMPERATURE,
            potential=potential,
            field=field,
        ),
        BrownianEngine.Dynamics(time_step=2e-3, bulk_time=2.0),
        BrownianEngine.Sampling(
            transient_time=8.0, time=3.0, bin_width=LENGTH / bins, modes=0, energy_interval=100
        ),
    )


def profiles(path, engine):
    """Counted and integrated density of each replica, (REPLICAS, bins), and all of them reduced."""
    fields, group = reduced(path, engine, simulated(engine, REPLICAS, seed=1))
    stacked, geometry = fields.sums[group].stacked(), fields.ensembles[group].geometry
    each = [
        geometry.estimate({name: values[replica] for name, values in stacked.items()})
        for replica in range(REPLICAS)
    ]
    counted, integrated = (
        np.array([found[name] for found in each]) for name in ("density", "density_from_forces")
    )
    return counted, integrated, fields.estimates(group)


def modes_of(profiles, number=3):
    """Real and imaginary parts of the first Fourier modes, (R, 2 number)."""
    found = np.fft.rfft(profiles, axis=1)[:, 1 : number + 1]
    return np.concatenate([found.real, found.imag], axis=1)


def test_an_ideal_gas_is_that_of_boltzmann(tmp_path):
    """rho ~ exp(-U/T) with U = cos(k z)/k; six numbers at once, of 64 replicas."""
    counted, integrated, _ = profiles(tmp_path / "a.h5", brownian(field=WAVE, kind="ideal"))
    z, k = (np.arange(8000) + 0.5) * LENGTH / 8000, 2 * np.pi / LENGTH
    exact = np.exp(-np.cos(k * z) / k / TEMPERATURE)
    exact *= 60 / LENGTH**3 / exact.mean()
    deviation = modes_of(integrated - exact.reshape(80, -1).mean(axis=1))
    assert hotelling(deviation) > 0.001
    assert hotelling(modes_of(counted - integrated)) > 0.001
    assert_scatters_less(counted, integrated)


def test_an_ideal_gas_without_a_field_is_known_exactly(tmp_path):
    _, integrated, _ = profiles(tmp_path / "a.h5", brownian(kind="ideal"))
    np.testing.assert_allclose(integrated, 60 / LENGTH**3, rtol=1e-12)


def test_a_driven_fluid_agrees_with_counting_and_scatters_less(tmp_path):
    counted, integrated, found = profiles(
        tmp_path / "a.h5", brownian(field=DRIVEN, **GAUSSIAN_CORE)
    )
    assert hotelling(modes_of(counted - integrated)) > 0.001
    assert_scatters_less(counted, integrated)
    value, error = found["density_from_forces"]
    np.testing.assert_allclose(error, integrated.std(axis=0, ddof=1) / np.sqrt(REPLICAS))
    np.testing.assert_allclose(value, integrated.mean(axis=0))


def assert_scatters_less(counted, integrated):
    """Variances of six modes in 64 replicas are known within sqrt(2/(6*64)) = 7 %.

    The ratio of two equal ones would be 1.0(1): this is five errors below.
    """
    assert integrated.var(axis=0).mean() < 0.5 * counted.var(axis=0).mean()


def test_species_of_a_mixture_have_their_own(tmp_path):
    engine = brownian(
        field=DRIVEN,
        composition=(1, 1),
        kind="mixture",
        single=GAUSSIAN_CORE,
        sigma=[[1.0, 1.0], [1.0, 0.5]],
        energy=[[1.0, 1.0], [1.0, 1.0]],
    )
    fields, group = reduced(tmp_path / "a.h5", engine, simulated(engine, 2))
    estimates = fields.estimates(group)
    apart, _ = estimates["species_density_from_forces"]
    total, _ = estimates["density_from_forces"]
    assert apart.shape == (2, 80)
    np.testing.assert_allclose(apart.sum(axis=0), total)


def test_particles_with_momentum_have_none(tmp_path):
    engine = MolecularEngine(
        MolecularEngine.Parameters(
            particles=20, box_length=6.0, temperature=1.0, potential={"kind": "ideal"}
        ),
        MolecularEngine.Dynamics(bulk_time=0.0),
        MolecularEngine.Sampling(transient_time=0.0, time=0.05, bin_width=3.0),
    )
    fields, group = reduced(tmp_path / "a.h5", engine, simulated(engine, 2))
    assert "density_from_forces" not in fields.estimates(group)
