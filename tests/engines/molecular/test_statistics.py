"""Molecular dynamics against exact results and published numbers."""

import numpy as np
import pytest

THERMOSTATS = [{"kind": "langevin", "friction": 1.0}, {"kind": "nose-hoover"}]


def mean_and_error(values):
    """Mean over replicas and its standard error."""
    return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


def energy_errors(molecular, shift, steps, time):
    """Standard deviation of the total energy per particle over some time for each time step."""
    errors = []
    for step in steps:
        simulation = molecular(
            particles=256,
            box_length=(256 / 0.8) ** (1 / 3),
            temperature=1.0,
            potential={"kind": "lennard-jones", "shift": shift},
            dynamics={"time_step": step, "bulk_time": 2.0},
            sampling={"time": time, "energy_interval": max(1, round(0.01 / step))},
        )
        state = simulation.start(np.random.SeedSequence(3))
        simulation.advance(state, simulation.total_steps)
        sums = state.statistics
        first, second = sums["total_energy"][0] / sums["energy_samples"][0]
        errors.append(np.sqrt(second - first**2) / 256)
    return np.array(errors)


def test_energy_error_is_of_second_order_where_forces_are_continuous(molecular):
    """L. F. Granz, Applications of Neural Networks (Düsseldorf, 2026), figs. 3.5 to 3.7."""
    steps = np.array([0.008, 0.004, 0.002, 0.001])
    errors = energy_errors(molecular, "force", steps, 5.0)
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2, abs=0.1)


def test_energy_drifts_where_forces_jump(molecular):
    """Every pair that crosses the cut-off leaves an error of first order: a random walk."""
    coarse, fine = energy_errors(molecular, "energy", (0.001, 0.00025), 15.0)
    assert np.log(coarse / fine) / np.log(4) < 1.6


@pytest.mark.parametrize("thermostat", THERMOSTATS)
def test_velocities_are_those_of_maxwell(molecular, ensemble, thermostat):
    """Second and fourth moment of every component, from one snapshot of each of 90 replicas.

    The bias of either scheme, of order dt^2 = 2.5e-5 times some 10, is a third of the error.
    """
    simulation = molecular(
        dynamics={"thermostat": thermostat, "bulk_time": 2.0}, sampling={"time": 3.0}
    )
    states = ensemble(simulation, 90, seed=5)
    velocities = np.array([s.dynamics["velocities"] for s in states])
    # A total momentum that stays zero takes its share of the fluctuations.
    temperature = 1.5 * simulation.freedom / (3 * 64)
    for power, expected in ((2, temperature), (4, 3 * temperature**2)):
        mean, error = mean_and_error((velocities**power).mean(axis=(1, 2)))
        assert error < 0.03 * expected
        assert mean == pytest.approx(expected, abs=3 * error)


def test_energy_and_pressure_of_a_lennard_jones_fluid(molecular, ensemble):
    """Against N = 500, rho = .5, T = 1.5, cut at 2.5: U/N = -3.0500(6), P = .6732(12)."""
    simulation = molecular(
        particles=500,
        box_length=10.0,
        potential={"kind": "lennard-jones"},
        dynamics={"time_step": 0.003, "thermostat": THERMOSTATS[0], "bulk_time": 5.0},
        sampling={"time": 15.0},
    )
    sums = [state.statistics for state in ensemble(simulation, 16, seed=7)]
    energy = [s["energy"][0, 0] / s["energy_samples"][0] / 500 for s in sums]
    pressure = [
        (s["kinetic_stress"] + s["virial_stress"])[0, :3].sum() / s["energy_samples"][0] / 3000
        for s in sums
    ]
    for values, expected, its_error, largest in (
        (energy, -3.0500, 0.0006, 0.006),
        (pressure, 0.6732, 0.0012, 0.012),
    ):
        mean, error = mean_and_error(values)
        assert error < largest
        assert mean == pytest.approx(expected, abs=3 * np.hypot(error, its_error))
