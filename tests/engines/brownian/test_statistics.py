"""Averages against exact results and published numbers, with errors from independent replicas."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

IDEAL = {"kind": "ideal"}


def test_free_particles_diffuse(engine):
    """<dr^2> = 6 D t with D = T/gamma; 20,000 independent particles, box too wide to cross."""
    simulation = engine(
        particles=20_000,
        box_length=200.0,
        friction=2.5,
        potential=IDEAL,
        bulk_time=0.1,
        time_step=1e-3,
    )
    state = simulation.start(np.random.SeedSequence(1))
    before = state.dynamics["positions"].copy()
    simulation.advance(state, 100)
    dr = state.dynamics["positions"] - before
    dr -= 200.0 * np.rint(dr / 200.0)
    for square, expected in [(3 * dr**2, 0.36), ((dr**2).sum(axis=0), 0.36)]:
        error = square.std(axis=-1) / np.sqrt(20_000)
        assert np.all(error < 0.015 * expected)
        assert np.all(np.abs(square.mean(axis=-1) - expected) < 4 * error)
    off_diagonal = dr[0] * dr[1]
    assert abs(off_diagonal.mean()) < 4 * off_diagonal.std() / np.sqrt(20_000)


def test_ideal_gas_in_a_static_field_is_barometric(engine, ensemble, p_value):
    """rho(z) ~ exp(-V/T) with V = a cos(2 pi z/L); Hotelling's T^2 over 9 of 10 bins."""
    replicas, bins, length, amplitude = 30, 10, 6.0, 2.0
    force = amplitude * 2 * np.pi / length
    field = {
        "kind": "planar-fourier",
        "z": {"modes": [{"amplitude": force, "wavenumber": 1, "phase": 0.0}]},
    }
    simulation = engine(
        particles=300,
        box_length=length,
        bins=bins,
        potential=IDEAL,
        field=field,
        time_step=1e-3,
        bulk_time=0.0,
        sampling={"transient_time": 2.0, "time": 4.0, "modes": 0},
    )
    states = ensemble(simulation, replicas)
    density = np.array([s.statistics["density"][0, 0] for s in states])
    share = density / density.sum(axis=1, keepdims=True)
    z = (np.arange(1000 * bins) + 0.5) / (1000 * bins)
    weight = np.exp(-amplitude * np.cos(2 * np.pi * z) / 1.5).reshape(bins, -1).sum(axis=1)
    expected = weight / weight.sum()
    error = share.std(axis=0, ddof=1) / np.sqrt(replicas)
    assert error.max() < 0.002  # of shares between .026 and .29
    assert p_value((share - expected)[:, 1:]) > 0.003
    current = np.array([s.statistics["displacement"][0, 0, :, 2].sum() for s in states])
    assert abs(current.mean()) < 3.5 * current.std(ddof=1) / np.sqrt(replicas)


def travelling_shares(amplitude, omega, temperature, length, bins, times):
    """Shares of an ideal gas in each bin at `times`, started from equal ones, (T, bins).

    The Smoluchowski equation drho/dt = T rho'' - (rho f)' for f = amplitude sin(k z - omega t) and
    friction 1, in Fourier space: f moves a part of every mode to its two neighbours.
    """
    highest = 24
    n = np.arange(-highest, highest + 1)
    k = 2 * np.pi / length

    def slope(t, modes):
        wave = amplitude / 2j * np.exp(-1j * omega * t)
        moved = np.zeros_like(modes)
        moved[1:] += wave * modes[:-1]
        moved[:-1] += np.conj(wave) * modes[1:]
        return -temperature * (k * n) ** 2 * modes - 1j * k * n * moved

    start = (n == 0).astype(complex)
    solution = solve_ivp(slope, (0, times[-1]), start, t_eval=times, rtol=1e-9, atol=1e-11)
    edges = np.arange(bins + 1) / bins
    waves = np.exp(2j * np.pi * np.outer(n[n != 0], edges)) / (2j * np.pi * n[n != 0][:, None])
    return 1 / bins + (solution.y[n != 0].T @ np.diff(waves, axis=1)).real


def test_ideal_gas_in_a_travelling_wave(engine, ensemble, p_value):
    """Each block against its average of the exact solution; the field is on from the first step."""
    replicas, bins, blocks, amplitude, omega = 32, 10, 4, 5.0, 4 * np.pi
    wave = {"amplitude": amplitude, "wavenumber": 1, "phase": 0.0, "angular_frequency": omega}
    simulation = engine(
        particles=500,
        box_length=6.0,
        bins=bins,
        potential=IDEAL,
        field={"kind": "planar-fourier", "z": {"modes": [wave]}},
        time_step=1e-3,
        bulk_time=0.1,
        sampling={"time": 0.8, "block_time": 0.2, "modes": 0},
    )
    states = ensemble(simulation, replicas)
    shares = np.array([s.statistics["density"][:, 0] for s in states]) / (200 * 500)
    times = np.arange(200 * blocks) * 1e-3
    exact = travelling_shares(amplitude, omega, 1.5, 6.0, bins, times)
    expected = exact.reshape(blocks, 200, bins).mean(axis=1)
    error = shares.std(axis=0, ddof=1) / np.sqrt(replicas)
    assert error.max() < 0.0025
    assert np.ptp(expected, axis=1).min() > 8 * error.max(), "there is something to see"
    for block in range(blocks):
        assert p_value((shares - expected)[:, block, 1:]) > 0.003


def test_force_balance_of_a_driven_fluid(engine, ensemble, p_value, driving):
    """The weak form of eq. (4) of Zimmermann et al.: no residual force at any wavenumber."""
    replicas = 24
    simulation = engine(
        particles=108,
        field=driving,
        bulk_time=0.2,
        sampling={"transient_time": 0.3, "time": 0.8, "modes": 3},
    )
    states = ensemble(simulation, replicas)
    residual = np.array(
        [s.statistics["balance_modes"][0] / s.statistics["steps"][0] for s in states]
    )
    chosen = np.concatenate(
        [residual[:, :2, 2].reshape(replicas, -1), residual[:, 0, 0], residual[:, 1, 1]], axis=1
    )
    error = chosen.std(axis=0, ddof=1) / np.sqrt(replicas)
    # The external force alone contributes some 200 to the modes at which it acts.
    assert error.max() < 5.0
    assert p_value(chosen) > 0.003


def test_lennard_jones_energy_and_pressure(engine, ensemble):
    """U/N = -3.0500(6), P = .6732(12) at rho=.5, T=1.5, N=500: BAOAB at dt=.003, and LAMMPS.

    Euler-Maruyama is biased in proportion to dt: every replica is extrapolated from 1e-4 and 5e-5.
    """
    replicas, n, length = 16, 500, 10.0
    values = []
    for time_step in (1e-4, 5e-5):
        simulation = engine(
            particles=n,
            box_length=length,
            bins=1,
            time_step=time_step,
            bulk_time=0.3,
            sampling={"time": 0.12, "modes": 0},
        )
        sums = [s.statistics for s in ensemble(simulation, replicas, seed=5)]
        energy = np.array([s["energy"][0, 0] / s["energy_samples"][0] / n for s in sums])
        virial = np.array([s["virial"][0, 0] / s["energy_samples"][0] for s in sums])
        values.append([energy, (1.5 * n + virial / 3) / length**3])
    energy, pressure = 2 * np.array(values[1]) - np.array(values[0])
    for value, reference, uncertainty, largest in [
        (energy, -3.0500, 0.0006, 0.02),
        (pressure, 0.6732, 0.0012, 0.03),
    ]:
        error = np.hypot(value.std(ddof=1) / np.sqrt(replicas), uncertainty)
        assert error < largest
        # Three standard errors; for 15 degrees of freedom that is p = .009.
        assert value.mean() == pytest.approx(reference, abs=3 * error)
