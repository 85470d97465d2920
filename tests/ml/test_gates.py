"""Gates, tried on functionals that keep each law, or break it by a known amount."""

import numpy as np
import pytest

from perrin.ml.gates import (
    FLOW_SHARES,
    SHIFT_SHARE,
    Gate,
    check,
    galilean_shift,
    kolmogorov_flows,
    parity,
    sum_rule,
    tiling,
    vanishing,
)
from perrin.ml.profiles import Profiles

BINS, LENGTH, FIELDS = 32, 8.0, 5
WIDTH = LENGTH / BINS
Z = (np.arange(BINS) + 0.5) * WIDTH
WAVE = 2 * np.pi / LENGTH


def simulated(force=None):
    """Profiles with waves of known sizes; velocities reach 12, amplitudes 6 sigma/tau."""
    means = np.linspace(0.3, 0.7, FIELDS)[:, None]
    phases = np.linspace(0, 2, FIELDS)[:, None]
    density = means * (1 + 0.2 * np.cos(WAVE * Z + phases))
    velocity = np.zeros((FIELDS, 3, BINS))
    velocity[:, 0] = 6.0 + 6.0 * np.sin(WAVE * Z + phases)
    velocity[:, 1] = 3.0 * np.cos(2 * WAVE * Z)
    velocity[:, 2] = 0.5 / density
    internal = np.zeros((FIELDS, 3, BINS)) if force is None else force
    names = tuple(f"field {number}" for number in range(FIELDS))
    steadiness = np.ones(len(names))
    return Profiles(names, density, velocity, internal, internal, steadiness, LENGTH)


def gradient(values):
    """Central difference on periodic bins, along the last axis."""
    return (np.roll(values, -1, axis=-1) - np.roll(values, 1, axis=-1)) / (2 * WIDTH)


def fluid(profiles):
    """Viscous stress, linear in the flow, and a pressure: rho f is the divergence of a stress.

    The normal stress is quadratic in density and shear rate, so that every law holds exactly.
    """
    density, velocity = profiles[:, :1], profiles[:, 1:3]
    shear = gradient(velocity)
    lateral = gradient(density**2 * shear)
    normal = -gradient(density[:, 0] ** 2 * (1 + 0.1 * (shear**2).sum(axis=1)))
    forces = np.concatenate([lateral, normal[:, None]], axis=1)
    return np.where(density > 0, forces / np.where(density > 0, density, 1), 0.0)


def size(force):
    return np.sqrt((force**2).mean())


def test_exact_fluid_passes():
    found = check(fluid, simulated(), simulated())
    assert [gate.name for gate in found] == [
        "f_x odd in v_0",
        "f_z even in v_0",
        "sum rule",
        "Galilean shift",
        "tiling",
        "no force without density",
    ]
    assert all(gate.passed for gate in found)
    assert all(gate.value == pytest.approx(0, abs=1e-10) for gate in found)


def test_profiles_lie_within_the_training_range():
    training, flows = simulated(), kolmogorov_flows(simulated())
    assert training.density.min() < flows[:, 0].min() < flows[:, 0].max() < training.density.max()
    # amplitudes up to 6, on bins that just miss the crests
    np.testing.assert_allclose(
        np.abs(flows[:, 1]).max(axis=1), 6 * np.array(FLOW_SHARES), rtol=0.01
    )
    assert not flows[:, 2:].any()


def test_parity_of_a_biased_functional():
    """A constant along x is the even part that should not be; the smallest flow shows it most."""
    bias = 0.1

    def functional(profiles):
        force = np.zeros((len(profiles), 3, BINS))
        force[:, 0] = profiles[:, 1] + bias
        force[:, 2] = profiles[:, 1] ** 2
        return force

    odd, even = parity(functional, simulated())
    slowest = kolmogorov_flows(simulated())[0, 1]
    assert odd.value == pytest.approx(bias / np.sqrt((slowest**2).mean() + bias**2))
    assert not odd.passed
    assert even.value == 0
    assert even.passed


def test_parity_of_a_broken_symmetry():
    """A longitudinal force that follows the flow is odd altogether."""

    def functional(profiles):
        return np.repeat(profiles[:, 1:2], 3, axis=1)

    odd, even = parity(functional, simulated())
    assert odd.value == pytest.approx(0)
    assert even.value == pytest.approx(1)
    assert not even.passed


@pytest.mark.parametrize(("bias", "passed"), [(0.0, True), (0.01, True), (0.5, False)])
def test_sum_rule(bias, passed):
    """rho f = sin + b along z: the integral is b, and |rho f| has the mean 2/pi for small b."""

    def functional(profiles):
        flux = np.zeros((len(profiles), 3, BINS))
        flux[:, 2] = np.sin(WAVE * Z) + bias
        return flux / profiles[:, :1]

    gate = sum_rule(functional, simulated())
    expected = bias / np.abs(np.sin(WAVE * Z) + bias).mean()
    assert gate.value == pytest.approx(expected)
    assert gate.passed is passed


def test_shift_of_a_functional_with_friction():
    """f = -v changes by the shift, which ends half-way to the largest velocity."""
    training = simulated()

    def functional(profiles):
        return -profiles[:, 1:]

    gate = galilean_shift(functional, training, training)
    reach = np.abs(training.velocity[:, :2]).max()
    x, y = training.velocity[:, 0], training.velocity[:, 1]
    down = SHIFT_SHARE * (reach + x.min(axis=1))
    either = SHIFT_SHARE * (reach - y.max(axis=1))
    shift = max(size(down), size(either)) / np.sqrt(3)
    assert gate.value == pytest.approx(shift / size(training.velocity), rel=1e-3)
    assert not gate.passed


def test_shifted_fields_stay_in_the_range():
    training, seen = simulated(), []

    def functional(profiles):
        seen.append(np.abs(profiles[:, 1:3]).max())
        return fluid(profiles)

    galilean_shift(functional, training, training)
    assert max(seen) <= np.abs(training.velocity[:, :2]).max() + 1e-12


def test_tiling_finds_a_functional_that_looks_at_the_whole_box():
    def functional(profiles):
        return fluid(profiles) * profiles.shape[2] / BINS

    found = tiling(functional, simulated())
    once = fluid(simulated().inputs)
    assert found.value == pytest.approx(np.abs(once).max() / size(once))
    assert not found.passed


def test_force_in_the_void():
    """A force that ignores the density stays as it is."""

    def functional(profiles):
        return profiles[:, 1:]

    gate = vanishing(functional, simulated())
    density = simulated().density
    assert gate.value == pytest.approx(1)
    assert gate.limit == pytest.approx(density.min() / density.mean())
    assert not gate.passed


def test_no_numbers_pass_nothing():
    def functional(profiles):
        return np.full((len(profiles), 3, profiles.shape[2]), np.nan)

    assert not any(gate.passed for gate in check(functional, simulated(), simulated()))


def test_no_force_breaks_no_law():
    def functional(profiles):
        return np.zeros((len(profiles), 3, profiles.shape[2]))

    assert all(gate.passed for gate in check(functional, simulated(), simulated()))


def test_the_limit_itself_passes():
    assert Gate("law", 0.02, 0.02, "").passed
    assert not Gate("law", np.nan, 0.02, "").passed
