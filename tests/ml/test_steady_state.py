"""Steady states against exact solutions of the Smoluchowski equation and independent solvers."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy.optimize import brentq, root

from perrin.ml.committee import CommitteeError, evaluate
from perrin.ml.drift_diffusion import PlanarSystem, log_bernoulli, steady_density
from perrin.ml.steady_state import Driving, _mix, steady_states

LENGTH, TEMPERATURE, FRICTION = 10.0, 1.5, 1.3
K = 2 * np.pi / LENGTH


def system(bins):
    return PlanarSystem(LENGTH, bins, TEMPERATURE, FRICTION)


def potential(z):
    """A potential whose two wells have different depths, with f = -V'."""
    return 2.0 * np.cos(K * z) + 1.1 * np.sin(2 * K * z + 0.4)


def periodic_force(z):
    return K * (2.0 * np.sin(K * z) - 2.2 * np.cos(2 * K * z + 0.4))


def exact_steady_state(drift, particles, z):
    """Density at `z` and current in a tilted periodic potential, by quadrature, for drift > 0.

    rho(z) = C int_0^L ds exp(-[drift s + V(z) - V(z + s)] / k_B T) and
    J_0 = C (k_B T / gamma) (1 - exp(-drift L / k_B T)): rho in units of C solves the equation.
    """
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = LENGTH * np.linspace(0, 1, 51) ** 3
    s = (edges[:-1, None] + np.diff(edges)[:, None] * (nodes + 1) / 2).ravel()
    ds = (np.diff(edges)[:, None] * weights / 2).ravel()

    def unnormalised(points):
        rise = potential(points[:, None] + s) - potential(points)[:, None] - drift * s
        return np.exp(rise / TEMPERATURE) @ ds

    fine = np.arange(100) * LENGTH / 100
    norm = particles / (LENGTH**3 * unnormalised(fine).mean())
    current = norm * TEMPERATURE / FRICTION * -np.expm1(-drift * LENGTH / TEMPERATURE)
    return norm * unnormalised(z), current


def solved(drift, particles, bins):
    box = system(bins)
    force = drift + periodic_force(box.faces)
    density, current = steady_density(force[None], np.array([float(particles)]), box)
    return density[0], current[0]


def pushed(force, particles, bins, lateral=None):
    """Driving by z forces, shape (B, functions of z), and lateral forces along x."""
    box = system(bins)
    centres = np.zeros((len(force), 3, bins))
    faces = np.zeros((len(force), bins))
    for row, function in enumerate(force):
        centres[row, 2], faces[row] = function(box.centres), function(box.faces)
        centres[row, 0] = 0.0 if lateral is None else lateral(box.centres)
    return Driving(centres, faces, np.asarray(particles, dtype=np.float64))


def ideal(profiles):
    return torch.zeros_like(profiles[:, :3])


class MeanField:
    """f_z = -stiffness d(rho)/dz and f_x = viscosity v_x'' / rho, as differences on the grid."""

    def __init__(self, bins, stiffness=0.0, viscosity=0.0):
        self.width, self.stiffness, self.viscosity = LENGTH / bins, stiffness, viscosity
        self.batches = []

    def __call__(self, profiles):
        self.batches.append(len(profiles))
        density, velocity = profiles[:, 0], profiles[:, 1]
        slope = (torch.roll(density, -1, -1) - torch.roll(density, 1, -1)) / (2 * self.width)
        bend = torch.roll(velocity, -1, -1) - 2 * velocity + torch.roll(velocity, 1, -1)
        force = torch.zeros_like(profiles[:, :3])
        force[:, 0] = self.viscosity * bend / self.width**2 / density
        force[:, 2] = -self.stiffness * slope
        return force


class DenseFluid:
    """f_z = -d(mu)/dz with the hard spheres' mu (Carnahan and Starling) at a smoothed density.

    At 0.8 sigma^-3, compressing it by 1 % costs 0.2 k_B T per particle.
    """

    def __init__(self, bins, range_of_smoothing=0.5):
        wavenumbers = torch.fft.rfftfreq(bins, LENGTH / bins) * 2 * np.pi
        self.smooth = torch.sinc(wavenumbers * range_of_smoothing / np.pi)
        self.slope = -1j * wavenumbers * self.smooth
        self.bins = bins

    def _filtered(self, values, factor):
        return torch.fft.irfft(torch.fft.rfft(values) * factor, n=self.bins)

    def __call__(self, profiles):
        eta = (np.pi / 6 * self._filtered(profiles[:, 0], self.smooth)).clamp(1e-6, 0.6)
        potential = TEMPERATURE * eta * (8 - 9 * eta + 3 * eta**2) / (1 - eta) ** 3
        force = torch.zeros_like(profiles[:, :3])
        force[:, 2] = self._filtered(potential, self.slope)
        return force


# --- the linear equation --------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-12, 1e-6, 1e-3, 0.5, 3.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_bernoulli_function_against_its_exact_series(x, sign):
    value = Fraction(sign * x)
    terms = [Fraction(1)]
    for order in range(2, 40):
        terms.append(terms[-1] * value / order)
    expected = -np.log(float(sum(terms)))
    assert log_bernoulli(np.array(sign * x)) == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("x", [50.0, 800.0, 1e5])
def test_bernoulli_function_of_large_arguments(x):
    assert log_bernoulli(np.array(x)) == pytest.approx(np.log(x) - x, rel=1e-15)
    assert log_bernoulli(np.array(-x)) == pytest.approx(np.log(x), rel=1e-15)


@pytest.mark.parametrize("drift", [0.05, 2.0, 30.0])
def test_tilted_potential_to_second_order(drift):
    errors = []
    for bins in (100, 200, 400):
        density, current = solved(drift, 400, bins)
        exact, exact_current = exact_steady_state(drift, 400, system(bins).centres)
        errors.append((np.abs(density / exact - 1).max(), abs(current / exact_current - 1)))
    assert max(errors[0]) < 2e-3
    ratios = np.array(errors[:-1]) / np.array(errors[1:])
    np.testing.assert_allclose(ratios[:, 0], 4.0, rtol=0.06)
    assert ratios[:, 1].min() > 3.8  # the current of a strong drift is better than that


@pytest.mark.parametrize("drift", [-150.0, -50.0, 50.0, 150.0, 1e4])
def test_strong_drift(drift):
    density, current = solved(drift, 500, 100)
    assert density.min() > 0
    if drift > 0:
        exact, exact_current = exact_steady_state(drift, 500, system(100).centres)
        np.testing.assert_allclose(density, exact, rtol=2e-3)
        assert current == pytest.approx(exact_current, rel=1e-4)
    assert np.sign(current) == np.sign(drift)


@pytest.mark.parametrize("drift", [0.0, 1e-12, -0.3, 20.0, -150.0])
def test_number_of_particles(drift):
    density, _ = solved(drift, 321, 100)
    assert density.sum() * system(100).width * LENGTH**2 == pytest.approx(321, rel=1e-14)


def test_equilibrium_is_the_boltzmann_factor_and_carries_no_current():
    errors = []
    for bins in (100, 200):
        density, current = solved(0.0, 400, bins)
        factor = np.exp(-potential(system(bins).centres) / TEMPERATURE)
        errors.append(np.abs(density / (0.4 * factor / factor.mean()) - 1).max())
        assert abs(current) < 1e-14
    assert errors[0] < 2e-3
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.05)


def test_equilibrium_of_potential_differences_is_exact_beyond_a_barrier_of_150_kt():
    z = system(80).centres
    energy = 75.0 * TEMPERATURE * np.cos(K * z) + 75.0 * TEMPERATURE
    force = -(energy - np.roll(energy, 1)) / system(80).width
    density, current = steady_density(force[None], np.array([100.0]), system(80))
    factor = np.exp(-energy / TEMPERATURE)
    visible = factor > 1e-30
    expected = 100.0 / (system(80).width * LENGTH**2) * factor / factor.sum()
    np.testing.assert_allclose(density[0, visible], expected[visible], rtol=1e-11)
    assert np.all(density > 0)
    assert abs(current[0]) < 1e-14


@pytest.mark.parametrize("drift", [0.0, 0.7, 120.0])
def test_mirror_image_of_the_force_gives_the_mirror_image(drift):
    force = drift + periodic_force(system(90).faces)
    mirrored = -np.roll(force[::-1], 1)
    density, current = steady_density(np.stack([force, mirrored]), np.full(2, 300.0), system(90))
    np.testing.assert_allclose(density[1], density[0, ::-1], rtol=1e-12)
    assert current[1] == pytest.approx(-current[0], rel=1e-12, abs=1e-14)


# --- the fixed point ------------------------------------------------------------------------------


def test_ideal_gas_is_solved_exactly():
    driving = pushed([lambda z: 3.0 + periodic_force(z)], [400], 100, lateral=lambda z: 7 + 0 * z)
    states = steady_states([ideal], driving, system(100))
    density, current = solved(3.0, 400, 100)
    assert states.converged.all()
    np.testing.assert_allclose(states.profiles[0, 0], density, rtol=1e-3)
    np.testing.assert_allclose(states.profiles[0, 1], 7 / FRICTION, rtol=1e-12)
    np.testing.assert_allclose(states.profiles[0, 3] * states.profiles[0, 0], states.current[0])
    assert states.current[0] == pytest.approx(current, rel=1e-3)
    np.testing.assert_array_equal(states.internal_force, 0.0)


@pytest.mark.parametrize("drift", [0.0, 4.0, 60.0])
def test_mean_field_against_newton_on_the_same_equations(drift):
    """Unknowns rho_i and J_0; fluxes with the plain Bernoulli function."""
    bins, stiffness, particles = 40, 12.0, 500
    box, functional = system(bins), MeanField(bins, stiffness)
    faces = drift + 2 * periodic_force(box.faces)

    def equations(unknowns):
        density, current = unknowns[:-1], unknowns[-1]
        slope = (np.roll(density, -1) - np.roll(density, 1)) / (2 * box.width)
        internal = -stiffness * slope
        force = faces + 0.5 * (internal + np.roll(internal, 1))
        a = force * box.width / TEMPERATURE
        flux = -a / np.expm1(-a) * np.roll(density, 1) - a / np.expm1(a) * density
        balance = flux * TEMPERATURE / (FRICTION * box.width) - current
        return np.append(balance, density.sum() * box.width * LENGTH**2 - particles)

    start = np.append(
        np.full(bins, particles / LENGTH**3), drift * particles / LENGTH**3 / FRICTION
    )
    newton = root(equations, start, tol=1e-13)
    assert newton.success
    driving = pushed([lambda z: drift + 2 * periodic_force(z)], [particles], bins)
    states = steady_states([functional], driving, box, tolerance=1e-5)
    assert states.converged.all()
    np.testing.assert_allclose(states.profiles[0, 0], newton.x[:-1], rtol=2e-5)
    assert states.current[0] == pytest.approx(newton.x[-1], rel=2e-5, abs=1e-6)


def test_mean_field_in_equilibrium_against_its_euler_lagrange_equation():
    """k_B T ln(rho) + stiffness rho + V = const, solved point by point."""
    stiffness, particles = 6.0, 400

    def density_for(constant, z):
        def excess(rho, energy):
            return TEMPERATURE * np.log(rho) + stiffness * rho + energy - constant

        return np.array([brentq(excess, 1e-12, 50.0, args=(v,), xtol=1e-14) for v in potential(z)])

    fine = system(64).centres
    level = brentq(lambda c: density_for(c, fine).mean() * LENGTH**3 - particles, -5, 20)
    errors = []
    for bins in (50, 100):
        functional = MeanField(bins, stiffness)
        driving = pushed([periodic_force], [particles], bins)
        states = steady_states([functional], driving, system(bins), tolerance=1e-5)
        exact = density_for(level, system(bins).centres)
        errors.append(np.abs(states.profiles[0, 0] / exact - 1).max())
        assert abs(states.current[0]) < 1e-8  # the rounding of f_int, which is float32
    assert errors[1] < 5e-3
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)


def test_viscous_shear_flow_has_the_known_amplitude():
    """f_x = eta v_x'' / rho, uniform rho: v_x = f_0 sin(k z) / (gamma + eta k^2 / rho)."""
    bins, viscosity, particles = 100, 0.8, 600
    driving = pushed(
        [lambda z: 5.0 + 0 * z], [particles], bins, lateral=lambda z: 20 * np.sin(K * z)
    )
    functional = MeanField(bins, viscosity=viscosity)
    states = steady_states([functional], driving, system(bins), tolerance=1e-5)
    width = LENGTH / bins
    squared = (2 - 2 * np.cos(K * width)) / width**2
    amplitude = 20 / (FRICTION + viscosity * squared / 0.6)
    exact = amplitude * np.sin(K * system(bins).centres)
    np.testing.assert_allclose(states.profiles[0, 1], exact, atol=2e-5 * amplitude)


def test_dense_fluid_near_equilibrium_converges():
    forces = [lambda z, a=a: a * (z > -1) + 3 * periodic_force(z) for a in (0.0, 0.5, 3.0, 40.0)]
    driving = pushed(forces, [800, 750, 700, 800], 100)
    states = steady_states([DenseFluid(100)], driving, system(100))
    assert states.converged.all()
    assert states.residual.max() < 1e-3
    exact = steady_states([DenseFluid(100)], driving, system(100), iterations=200, tolerance=1e-5)
    force_error = np.sqrt(((states.internal_force - exact.internal_force) ** 2).mean(axis=(1, 2)))
    assert np.all(force_error < 1e-3 * np.sqrt((exact.internal_force**2).mean(axis=(1, 2))))
    np.testing.assert_allclose(states.profiles[:, 0], exact.profiles[:, 0], rtol=5e-3)


def test_mirror_image_of_a_fixed_point():
    forces = [lambda z: 6 + 2 * periodic_force(z), lambda z: -6 - 2 * periodic_force(-z)]
    driving = pushed(forces, [600, 600], 80, lateral=lambda z: 5 * np.cos(K * z))
    states = steady_states([MeanField(80, 8.0, 0.02)], driving, system(80), tolerance=1e-5)
    assert states.converged.all()
    image = states.profiles[0, :, ::-1] * np.array([1, 1, 1, -1])[:, None]
    np.testing.assert_allclose(states.profiles[1], image, rtol=1e-4, atol=1e-6)


def test_the_mean_of_the_committee_drives():
    driving = pushed([lambda z: 2 + periodic_force(z)], [500], 60)
    members = [MeanField(60, 2.0), MeanField(60, 10.0)]
    mixed = steady_states(members, driving, system(60))
    single = steady_states([MeanField(60, 6.0)], driving, system(60))
    np.testing.assert_allclose(mixed.profiles, single.profiles, rtol=1e-4)
    answers = [evaluate(member, mixed.profiles) for member in members]
    np.testing.assert_array_equal(mixed.members, answers)
    np.testing.assert_array_equal(mixed.internal_force, np.mean(answers, axis=0))


def test_mixing_of_equal_changes_is_a_plain_step():
    """Also beside a candidate whose past tells more: on a line it finds the zero at once."""
    force, change = np.ones((2, 3, 8)), np.ones((2, 3, 8))
    before = np.stack([np.full((3, 8), 0.5), np.zeros((3, 8))]), change * [[[1.0]], [[2.0]]]
    mixed_force, mixed_change = _mix(force, change, [before])
    np.testing.assert_array_equal(mixed_force[0], 1.0)
    np.testing.assert_array_equal(mixed_change[0], 1.0)
    np.testing.assert_allclose(mixed_force[1], 2.0, rtol=1e-5)
    np.testing.assert_allclose(mixed_change[1], 0.0, atol=1e-5)


# --- batches --------------------------------------------------------------------------------------


def test_a_candidate_without_a_number_spoils_no_other():
    def partly_nan(profiles):
        force = MeanField(60, 6.0)(profiles)
        force[profiles[:, 0].mean(-1) > 0.55] = torch.nan
        return force

    forces = [lambda z: 2 + periodic_force(z)] * 3
    together = steady_states([partly_nan], pushed(forces, [300, 600, 500], 60), system(60))
    apart = steady_states([partly_nan], pushed(forces[:2], [300, 500], 60), system(60))
    np.testing.assert_array_equal(together.finite, [True, False, True])
    np.testing.assert_array_equal(together.converged, [True, False, True])
    assert together.iterations[1] == 1
    assert np.isfinite(together.profiles).all()
    np.testing.assert_allclose(together.profiles[[0, 2]], apart.profiles, rtol=1e-5)


@pytest.mark.parametrize("absurd", [1e30, 3e38, float("inf")])
def test_absurd_forces_end_as_not_converged(absurd):
    def exploding(profiles):
        return absurd * torch.cos(profiles[:, :3] * torch.arange(40))

    states = steady_states([exploding], pushed([periodic_force], [300], 40), system(40))
    assert not states.converged.any()
    assert np.isfinite(states.profiles).all()


def test_a_functional_without_a_fixed_point_does_not_converge():
    """f_ext,x = 5 and f_x = -10 sign(v_x): no velocity balances them."""

    def bang_bang(profiles):
        force = torch.zeros_like(profiles[:, :3])
        force[:, 0] = -10 * torch.sign(profiles[:, 1])
        return force

    driving = pushed([periodic_force], [600], 60, lateral=lambda z: 5 + 0 * z)
    states = steady_states([bang_bang], driving, system(60))
    assert not states.converged[0]
    assert states.finite[0]
    assert states.iterations[0] == 50


def test_converged_candidates_are_not_evaluated_again():
    functional = MeanField(60, 6.0)
    forces = [lambda z: 0 * z, periodic_force, lambda z: 3 * periodic_force(z)]
    states = steady_states([functional], pushed(forces, [300, 400, 700], 60), system(60))
    assert states.converged.all()
    assert len(set(states.iterations)) == 3
    assert sum(functional.batches) == states.iterations.sum()


def test_no_candidates():
    states = steady_states([ideal], pushed([], [], 40), system(40))
    assert states.profiles.shape == (0, 4, 40)


def test_a_functional_of_the_wrong_shape():
    with pytest.raises(CommitteeError, match=r"shape \(2, 4, 40\), expected \(2, 3, 40\)"):
        evaluate(lambda profiles: profiles, np.ones((2, 4, 40)))
