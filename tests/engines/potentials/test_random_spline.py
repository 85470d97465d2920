import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.canonical import digest
from perrin.engines.potentials import random_spline
from perrin.engines.potentials.pair import pair
from perrin.engines.potentials.random_spline import RandomSpline, calm_table, smooth


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
    # Base points lie in [0, 15]; a spline may swing as far again, and the last value is subtracted.
    energies = np.concatenate([potential.energies for potential in drawn])
    assert np.abs(energies).max() <= 30


def test_points_and_degrees_are_drawn_from_their_intervals(monkeypatch):
    used = []

    def note(distances, energies, degree, largest):
        used.append((len(distances), degree, energies.min(), energies.max()))
        assert distances[0] == 0
        assert np.all(np.diff(distances) > 0)
        return calm_table(distances, energies, degree, largest)

    monkeypatch.setattr(random_spline, "calm_table", note)
    draw(200)
    counts, degrees, lowest, highest = zip(*used, strict=True)
    assert set(counts) == {6, 7, 8, 9, 10}
    assert set(degrees) == {2, 3, 4, 5}
    assert 0 <= min(lowest) < max(highest) <= 15


@pytest.mark.parametrize("options", [{"points": (100, 100)}, {"energy": (0.0, 1e6)}])
def test_a_spline_that_swings_is_smoothed_more_and_an_end_is_made(options):
    for potential in draw(5, degree=(5, 5), **options):
        assert np.isfinite(potential.energies).all()


def test_the_table_does_not_depend_on_last_bits():
    """Its digest is part of the identity of replicas: it must be the same on every machine."""
    (potential,) = draw(1)
    assert digest(list(potential.energies), 12) == "4c3bb322d923"


def test_energy_and_force_vanish_at_the_cutoff():
    for potential in draw(50, core_fraction=0):
        coefficients = potential.coefficients()
        near = (potential.cutoff * (1 - 1e-9)) ** 2
        assert pair(coefficients, near) == pytest.approx((0.0, 0.0), abs=1e-4)
        assert pair(coefficients, potential.cutoff**2) == (0.0, 0.0)


@pytest.mark.parametrize("degree", [2, 3, 4, 5])
def test_a_spline_of_any_degree_passes_its_points_and_ends_flat(degree):
    distances, energies = np.array([0, 0.3, 1.1, 1.4, 2.2, 3.0]), np.array([9, 3, 12, 5, 1, 4.0])
    table = np.array(smooth(distances, energies, degree, misfit=1.0))
    passed = np.interp(distances, np.linspace(0, 3, 200), table)
    missed = passed - (energies - energies[-1])
    # Inner points count twice in the spline, the end once; the shift to zero there is left out.
    assert np.sqrt(np.mean((missed - missed.mean()) ** 2)) <= 1.3
    # Flat at the end: a parabola that falls by b over the last interval falls by 4 b over two.
    assert table[-3] == pytest.approx(4 * table[-2], rel=0.05, abs=1e-4)


def test_equal_generators_draw_equal_potentials():
    assert draw(3) == draw(3)


@pytest.mark.parametrize(
    "bad", [{"degree": (1, 5)}, {"points": (3, 10)}, {"cutoff": (5.0, 0.5)}, {"core_fraction": 2}]
)
def test_bad_distributions_are_refused(bad):
    with pytest.raises(ValidationError, match=next(iter(bad))):
        RandomSpline(**bad)
