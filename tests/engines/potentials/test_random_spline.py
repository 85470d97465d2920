import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.potentials.pair import pair
from perrin.engines.potentials.random_spline import RandomSpline, smooth


def draw(count, **changes):
    rng = np.random.default_rng(4)
    return [RandomSpline(**changes).draw(rng) for _ in range(count)]


def test_draws_are_those_of_the_paper():
    drawn = draw(1000)
    cutoffs = [potential.cutoff for potential in drawn]
    assert 0.5 <= min(cutoffs) < 0.55
    assert 4.95 < max(cutoffs) <= 5.0
    assert {len(potential.energies) for potential in drawn} == {200}
    cores = sum(potential.core == 1.0 for potential in drawn)
    # Four standard errors of a binomial share.
    assert cores / 1000 == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 1000))
    energies = np.concatenate([potential.energies for potential in drawn])
    assert 20 < np.abs(energies).max() <= 31, "splines that swing further are drawn again"
    assert 3 < energies.std() < 15


def test_energy_and_force_vanish_at_the_cutoff():
    for potential in draw(50, core_fraction=0):
        coefficients = potential.coefficients()
        near = (potential.cutoff * (1 - 1e-9)) ** 2
        assert pair(coefficients, near) == pytest.approx((0.0, 0.0), abs=1e-4)
        assert pair(coefficients, potential.cutoff**2) == (0.0, 0.0)


@pytest.mark.parametrize("degree", [2, 3, 4, 5])
def test_a_spline_of_any_degree_is_smooth_and_ends_flat(degree):
    """The table has a force that jumps nowhere by more than the curvature allows."""
    distances, energies = np.array([0, 0.3, 1.1, 1.4, 2.2, 3.0]), np.array([9, 3, 12, 5, 1, 4.0])
    table = np.array(smooth(distances, energies, degree))
    width = 3.0 / 199
    force = -np.diff(table) / width
    assert abs(force[-1]) < np.abs(force).max() / 50
    assert np.abs(np.diff(force)).max() < np.abs(force).max() / 5
    # It passes its base points at a distance of about one, in the mean of squares.
    missed = np.interp(distances, np.linspace(0, 3, 200), table + energies[-1]) - energies
    assert np.sqrt(np.mean((missed - missed.mean()) ** 2)) < 1.5


def test_equal_generators_draw_equal_potentials():
    assert draw(3) == draw(3)


@pytest.mark.parametrize(
    "bad", [{"degree": (1, 5)}, {"points": (3, 10)}, {"cutoff": (5.0, 0.5)}, {"core_fraction": 2}]
)
def test_bad_distributions_are_refused(bad):
    with pytest.raises(ValidationError, match=next(iter(bad))):
        RandomSpline(**bad)
