import math

import numba
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from perrin.engines.potentials.lennard_jones import LennardJones, lennard_jones
from perrin.engines.potentials.potential import Potential

COEFFICIENTS = LennardJones(kind="lennard-jones").coefficients()


def test_minimum_and_zero() -> None:
    assert lennard_jones(COEFFICIENTS, 1.0) == (24.0, 0.0)
    force, energy = lennard_jones(COEFFICIENTS, 2 ** (1 / 3))
    assert force == pytest.approx(0.0, abs=1e-13)
    assert energy == pytest.approx(-1.0)


@pytest.mark.parametrize("r", [0.85, 1.0, 1.2, 1.7, 2.49])
def test_force_is_minus_the_slope(r: float) -> None:
    h = 1e-5
    slope = (
        lennard_jones(COEFFICIENTS, (r + h) ** 2)[1] - lennard_jones(COEFFICIENTS, (r - h) ** 2)[1]
    ) / (2 * h)
    assert lennard_jones(COEFFICIENTS, r * r)[0] * r == pytest.approx(-slope, rel=1e-6, abs=1e-8)


def test_truncated_but_not_shifted() -> None:
    inside, outside = (lennard_jones(COEFFICIENTS, (2.5 + d) ** 2) for d in (-1e-9, 1e-9))
    assert inside[1] == pytest.approx(4 * (2.5**-12 - 2.5**-6))
    assert outside == (0.0, 0.0)


def test_overlap_is_never_mistaken_for_no_force() -> None:
    compiled = numba.njit(error_model="numpy")(lennard_jones)
    assert compiled(COEFFICIENTS, 0.0)[0] == math.inf
    assert np.isfinite(compiled(COEFFICIENTS, 1e-12)[0])


def test_the_kind_has_no_default() -> None:
    with pytest.raises(ValidationError, match="kind"):
        TypeAdapter(Potential).validate_python({"cutoff": 2.5})
    with pytest.raises(ValidationError, match="cutoff"):
        LennardJones(kind="lennard-jones", cutoff=math.inf)
    potential = TypeAdapter(Potential).validate_python({"kind": "lennard-jones", "cutoff": 3})
    assert potential.range == 3.0
