import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.fields.planar import Component, PlanarFourier
from perrin.engines.fields.random_planar import RandomPlanarField


def draw(count: int, **changes: object) -> list[PlanarFourier]:
    rng = np.random.default_rng(4)
    return [RandomPlanarField(**changes).draw(rng) for _ in range(count)]


def test_draws_stay_in_the_ranges_of_the_paper_and_fill_them() -> None:
    fields = draw(3000)
    for name, largest in [("x", 30.0), ("y", 30.0), ("z", 4.0)]:
        parts = [part for part in (getattr(field, name) for field in fields) if part != Component()]
        modes = [mode for part in parts for mode in part.modes]
        for values, low, high in [
            ([part.constant for part in parts], 0, 50),
            ([mode.amplitude for mode in modes], 0, largest),
            ([mode.phase for mode in modes], 0, 2 * np.pi),
        ]:
            assert low <= min(values) < low + 0.02 * (high - low)
            assert high - 0.02 * (high - low) < max(values) <= high
        assert {len(part.modes) for part in parts} == {1, 2, 3, 4}
        assert {mode.wavenumber for mode in modes} == {1, 2, 3, 4}


def test_shares_of_the_kinds_of_fields() -> None:
    fields = draw(4000, equilibrium_fraction=0.25)
    along_z = [field for field in fields if field.x == field.y == Component()]
    # Four standard errors of a binomial share.
    assert len(along_z) / 4000 == pytest.approx(1 / 3, abs=4 * np.sqrt(2 / 9 / 4000))
    still = [field for field in along_z if field.z.constant == 0]
    error = np.sqrt(0.25 * 0.75 / len(along_z))
    assert len(still) / len(along_z) == pytest.approx(0.25, abs=4 * error)


def test_equal_generators_draw_equal_fields() -> None:
    assert draw(5) == draw(5)


@pytest.mark.parametrize("bad", [{"modes": (3, 2)}, {"modes": (0, 2)}, {"z_only_fraction": 1.5}])
def test_bad_distributions_are_refused(bad: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(bad))):
        RandomPlanarField(**bad)
