"""Adaptive Brownian dynamics: equal bits, exact results, and what blows other integrators up."""

import hashlib

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.adaptive.engine import AdaptiveEngine, NoStepError

SEED = np.random.SeedSequence(11)
MODES = [{"amplitude": 4.0, "wavenumber": 1, "phase": 0.5}]
FIELD = {"kind": "planar-fourier", "x": {"constant": 3.0}, "z": {"modes": MODES}}


def adaptive(
    particles=64, box_length=6.0, dynamics=None, sampling=None, potential=None, **parameters
):
    return AdaptiveEngine(
        AdaptiveEngine.Parameters(
            particles=particles,
            box_length=box_length,
            temperature=1.5,
            potential=potential or {"kind": "lennard-jones"},
            **parameters,
        ),
        AdaptiveEngine.Dynamics(**{"time_step": 2e-3, "bulk_time": 0.01, **(dynamics or {})}),
        AdaptiveEngine.Sampling(
            **{"transient_time": 0.0, "time": 0.04, "bin_width": 0.5, **(sampling or {})}
        ),
    )


def finished(simulation, seed=SEED):
    state = simulation.start(seed)
    simulation.advance(state, simulation.total_steps)
    return state


@pytest.mark.parametrize("cuts", [[1, 4, 5, 6, 17], list(range(25))])
@pytest.mark.parametrize("box_shape", [(1, 1, 1), (1, 1.2)])
def test_any_way_to_cut_gives_equal_bits(cuts, box_shape):
    field = None if len(box_shape) == 2 else FIELD
    simulation = adaptive(
        particles=30, box_shape=box_shape, field=field, sampling={"block_time": 0.006}
    )
    whole, cut = finished(simulation), simulation.start(SEED)
    for until in [*cuts, simulation.total_steps]:
        simulation.advance(cut, until)
    for part in ("dynamics", "statistics"):
        for name, values in getattr(whole, part).items():
            assert np.array_equal(values, getattr(cut, part)[name]), name


def test_golden_trajectory():
    """A change here means other physics: bump `physics_version`, then pin the new digest."""
    positions = finished(adaptive(field=FIELD)).dynamics["positions"]
    digest = hashlib.sha256(np.round(positions, 6).tobytes()).hexdigest()[:16]
    assert (AdaptiveEngine.physics_version, digest) == (4, "19ec098424962358")


def test_free_particles_diffuse_in_the_longest_of_steps():
    simulation = adaptive(4000, 20.0, {"bulk_time": 0.0}, {"time": 1.0}, {"kind": "ideal"})
    state = simulation.start(SEED)
    begun = state.dynamics["positions"].copy()
    simulation.advance(state, simulation.total_steps)
    moved = state.dynamics["positions"] + 20.0 * state.dynamics["images"] - begun
    assert (moved**2).mean() == pytest.approx(2 * 1.5, rel=4 * np.sqrt(2 / 12000))
    steps, samples = state.statistics["accepted"][0], state.statistics["steps"][0]
    assert samples == 500
    assert steps < 560
    assert state.statistics["rejected"] == [0]


def test_a_gas_in_a_field_has_the_boltzmann_profile():
    """Heun's step in a smooth potential errs by far less than 2000 particles tell."""
    field = {"kind": "planar-fourier", "z": {"modes": MODES}}
    dynamics = {"bulk_time": 0.0, "time_step": 1e-2}
    sampling = {"transient_time": 4.0, "time": 4.0}
    simulation = adaptive(2000, 6.0, dynamics, sampling, {"kind": "ideal"}, field=field)
    sums = finished(simulation).statistics
    z = (np.arange(1200) + 0.5) / 200
    potential = 4.0 * 6 / (2 * np.pi) * np.cos(2 * np.pi * z / 6 + 0.5)
    weight = np.exp(-potential / 1.5).reshape(12, 100).mean(axis=1)
    found = sums["density"][0, 0] / sums["steps"][0]
    expected = 2000 * weight / weight.sum()
    # 4 tau see independent configurations every L^2/(4 pi^2 D) = .6 tau: six at least.
    assert (np.abs(found - expected) < 4 * np.sqrt(expected / 6)).all()


def test_currents_obey_the_force_balance():
    """Of an ideal gas: gamma J = F_ext - T d(rho)/dz, integrated over the box: J_x = 3 N/V."""
    sums = finished(
        adaptive(2000, 6.0, {"time_step": 1e-2}, {"time": 2.0}, {"kind": "ideal"}, field=FIELD)
    ).statistics
    drift = sums["displacement"][0, 0].sum(axis=0) / (2000 * 2.0)
    error = np.sqrt(2 * 1.5 / (2000 * 2.0))
    assert drift[0] == pytest.approx(3.0, abs=4 * error)
    assert drift[1] == pytest.approx(0.0, abs=4 * error)


def test_overlapping_particles_push_apart_without_blowing_up():
    """Random positions as they are drawn, which no fixed step survives."""
    simulation = adaptive(150, 6.0, {"time_step": 1e-3}, {"time": 0.02})
    state = simulation.start(SEED)
    rng = np.random.default_rng(2)
    state.dynamics["positions"][:] = rng.uniform(0, 6, (3, 150))
    state.dynamics["reference"][:] = np.inf
    simulation.advance(state, 30)
    positions = state.dynamics["positions"]
    dr = positions[:, :, None] - positions[:, None, :]
    dr -= 6 * np.rint(dr / 6)
    r = np.sqrt((dr**2).sum(axis=0))[np.triu_indices(150, 1)]
    assert r.min() > 0.75


@pytest.mark.parametrize("potential", [{"kind": "ideal"}, {"kind": "lennard-jones"}])
def test_forces_that_are_no_numbers_are_an_error(potential):
    """Of the particles in a corner of the box only."""
    code = "def force(p, t, x, y, z): return (np.nan if t > 0.004 and x < 1 else 0.0), 0.0, 0.0"
    simulation = adaptive(field={"kind": "function", "code": code}, potential=potential)
    state = simulation.start(SEED)
    with pytest.raises(NoStepError, match="no step is short enough"):
        simulation.advance(state, simulation.total_steps)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"absolute_tolerance": 0}, "greater than 0"),
        ({"relative_tolerance": 2}, "less than or equal to 1"),
        ({"time_step": 0}, "time_step"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        adaptive(dynamics=settings)
