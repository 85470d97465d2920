"""Active particles against exact results for free ones, and resumed ones against the whole."""

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.brownian.engine import BrownianEngine

SEED = np.random.SeedSequence(3)
SPEED, TEMPERATURE, FRICTION = 3.0, 0.5, 2.0
BROWNIAN = {"kind": "active-brownian", "speed": SPEED, "rotational_diffusion": 2.0}
GAUSSIAN = {"kind": "active-ornstein-uhlenbeck", "speed": SPEED, "relaxation_rate": 2.0}
CUBE, SQUARE = (1.0, 1.0, 1.0), (1.0, 1.0)
CASES = [(BROWNIAN, SQUARE), (BROWNIAN, CUBE), (GAUSSIAN, SQUARE), (GAUSSIAN, CUBE)]


def active(activity, shape, particles=4000, potential="ideal", **sampling):
    return BrownianEngine(
        BrownianEngine.Parameters(
            particles=particles,
            box_length=20.0,
            box_shape=shape,
            temperature=TEMPERATURE,
            friction=FRICTION,
            potential={"kind": potential},
            activity=activity,
        ),
        BrownianEngine.Dynamics(time_step=1e-3, bulk_time=0.0),
        BrownianEngine.Sampling(**{"transient_time": 0.0, "time": 3.0, "bin_width": 5, **sampling}),
    )


def unwrapped(state):
    order = np.argsort(state.dynamics["labels"])
    positions = state.dynamics["positions"] + 20.0 * state.dynamics["images"]
    return positions[:, order]


def exact_msd(activity, d, t):
    """2 d D t + 2 v^2 tau^2 (t/tau - 1 + exp(-t/tau)), v^2 the mean square of the velocity."""
    is_brownian = activity is BROWNIAN
    tau = 1 / ((d - 1) * 2.0) if is_brownian else 1 / 2.0
    square = SPEED**2 * (1 if is_brownian else d)
    diffusion = TEMPERATURE / FRICTION
    return 2 * d * diffusion * t + 2 * square * tau**2 * (t / tau - 1 + np.exp(-t / tau))


@pytest.mark.parametrize(("activity", "shape"), CASES)
def test_free_particles_move_as_they_should(activity, shape):
    """Steps of 1e-3 are off by a thousandth of tau; 4000 particles by two per cent."""
    d, simulation = len(shape), active(activity, shape)
    state = simulation.start(SEED)
    begun = unwrapped(state)
    for t in (0.2, 1.0, 3.0):
        simulation.advance(state, round(t / 1e-3))
        squares = ((unwrapped(state) - begun) ** 2).sum(axis=0)
        error = squares.std() / np.sqrt(4000)
        expected = exact_msd(activity, d, t)
        assert error < 0.03 * expected
        assert squares.mean() == pytest.approx(expected, abs=3 * error)
    assert d != 2 or not unwrapped(state)[2].any()


@pytest.mark.parametrize(("activity", "shape"), CASES)
def test_free_particles_dissipate_what_they_should(activity, shape):
    """Power gamma v^2; the noise adds a scatter of gamma v sqrt(2 D/(N t)) for each component.

    In a step of dt directions lose dt/tau of their memory, which costs dt/(2 tau) of the power:
    .002 at most, with tau = 1/4.
    """
    d, simulation = len(shape), active(activity, shape)
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    power = state.statistics["active_work"][0] / (4000 * 3.0)
    square = SPEED**2 * (1 if activity is BROWNIAN else d)
    scatter = FRICTION * np.sqrt(square * 2 * TEMPERATURE / FRICTION / (4000 * 3.0))
    if activity is GAUSSIAN:  # g^2 itself fluctuates, with correlation time 1/4
        scatter += FRICTION * SPEED**2 * np.sqrt(2 * d / 4000 * 2 * 0.25 / 3.0)
    assert power == pytest.approx(FRICTION * square, abs=3 * scatter + 0.002 * FRICTION * square)
    force = state.statistics["active_force"][0, 0].sum(axis=0) / (4000 * 3000)
    assert np.abs(force).max() < 3 * FRICTION * SPEED * np.sqrt(2 * 0.5 / 3.0 / 4000)


@pytest.mark.parametrize("shape", [SQUARE, CUBE])
def test_directions_keep_their_length_and_lose_their_memory(shape):
    """Rotations of finite steps in space are off by 2/3 D_r^2 dt t exp(-2 D_r t) = 2.4e-4."""
    d, simulation = len(shape), active(BROWNIAN, shape)
    state = simulation.start(SEED)
    begun = state.dynamics["directions"].copy()
    simulation.advance(state, 200)
    now = state.dynamics["directions"]
    assert np.abs((now**2).sum(axis=0) - 1).max() < 1e-14
    cosines = (begun * now).sum(axis=0)
    error = cosines.std() / np.sqrt(4000)
    assert cosines.mean() == pytest.approx(np.exp(-(d - 1) * 2.0 * 0.2), abs=3 * error + 2.4e-4)


def test_chiral_particles_turn():
    activity = BROWNIAN | {"rotational_diffusion": 1e-12, "chirality": 1.5}
    simulation = active(activity, SQUARE, particles=10)
    state = simulation.start(SEED)
    begun = state.dynamics["directions"].copy()
    simulation.advance(state, 1000)
    x, y = begun[0], begun[1]
    turned = [np.cos(1.5) * x - np.sin(1.5) * y, np.sin(1.5) * x + np.cos(1.5) * y]
    np.testing.assert_allclose(state.dynamics["directions"][:2], turned, atol=1e-5)


@pytest.mark.parametrize(("activity", "shape"), CASES)
def test_any_way_to_cut_gives_equal_bits(activity, shape):
    simulation = active(activity, shape, 150, "weeks-chandler-andersen", time=0.4, block_time=0.15)
    whole, cut = simulation.start(SEED), simulation.start(SEED)
    simulation.advance(whole, 400)
    for until in (1, 2, 77, 150, 151, 300, 400):
        simulation.advance(cut, until)
    for part in ("dynamics", "statistics"):
        for name, values in getattr(whole, part).items():
            assert np.array_equal(values, getattr(cut, part)[name]), name


def test_force_balance_holds_with_self_propulsion(ensemble, p_value):
    """Residuals of the weak form, self-propulsion among the forces; 12 numbers of 40 replicas."""
    modes = [{"amplitude": 4.0, "wavenumber": 1, "phase": 0.5}]
    simulation = BrownianEngine(
        BrownianEngine.Parameters(
            particles=60,
            box_length=10.0,
            box_shape=SQUARE,
            temperature=1.0,
            potential={"kind": "weeks-chandler-andersen"},
            activity=BROWNIAN,
            field={"kind": "planar-fourier", "y": {"modes": modes}},
        ),
        BrownianEngine.Dynamics(time_step=1e-4, bulk_time=0.2),
        BrownianEngine.Sampling(transient_time=0.5, time=0.5, bin_width=1.0, modes=3),
    )
    states = ensemble(simulation, 40, seed=2)
    samples = [s.statistics["balance_modes"][0, :, :2].ravel() / 5000 for s in states]
    assert p_value(np.array(samples)) > 0.01


@pytest.mark.parametrize(
    ("activity", "shape", "message"),
    [
        (BROWNIAN | {"speed": 0}, SQUARE, "greater than 0"),
        (BROWNIAN | {"chirality": 1.0}, CUBE, "two dimensions only"),
        (GAUSSIAN | {"relaxation_rate": -1}, CUBE, "greater than 0"),
        ({"kind": "running"}, CUBE, "active-brownian"),
    ],
)
def test_bad_activities_are_refused(activity, shape, message):
    with pytest.raises(ValidationError, match=message):
        active(activity, shape)
