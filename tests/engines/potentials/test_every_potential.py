"""What holds for every potential, and each against its formula."""

import math
from typing import Annotated, get_args, get_origin

import numba
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from perrin.engines.potentials.pair import pair
from perrin.engines.potentials.potential import Potential

NODES = np.linspace(0.5, 2.5, 200)
RIPPLES = tuple((np.cos(3 * NODES) * (2.5 - NODES) ** 2).tolist())


def ripples(r):
    return np.cos(3 * r) * (2.5 - r) ** 2


MORSE = """
def energy(p, r):
    return p[0] * ((1 - math.exp(-p[1] * (r - 1))) ** 2 - 1)
"""


def morse(r):
    return 2 * ((1 - np.exp(-3 * (r - 1))) ** 2 - 1)


def morse_slope(r):
    return 12 * (1 - np.exp(-3 * (r - 1))) * np.exp(-3 * (r - 1))


def lennard_jones(r):
    return 4 * (r**-12 - r**-6)


BIG_AND_SMALL = {
    "single": {"kind": "inverse-power", "strength": 0.5, "exponent": 9.5, "cutoff": 2.5},
    "sigma": ((1.2, 1.0), (1.0, 0.9)),
    "energy": ((2.0, 1.0), (1.0, 0.5)),
}
FORMULAS = {
    "ideal": ({}, lambda r: 0 * r),
    "lennard-jones": ({}, lennard_jones),
    "weeks-chandler-andersen": ({}, lambda r: lennard_jones(r) + 1),
    "gaussian-core": ({"strength": 2.0}, lambda r: 2 * np.exp(-(r**2))),
    "yukawa": (
        {"strength": 3.0, "screening_length": 0.4},
        lambda r: 3 * np.exp(-(r - 1) / 0.4) / r,
    ),
    "inverse-power": ({"strength": 0.5, "exponent": 9.5}, lambda r: 0.5 * r**-9.5),
    "function": (
        {"code": MORSE, "parameters": (2.0, 3.0), "cutoff": 3.0},
        lambda r: morse(r) - morse(3.0) - (r - 3.0) * morse_slope(3.0),
    ),
    "tabulated": ({"energies": RIPPLES, "first": 0.5, "cutoff": 2.5}, ripples),
    "kob-andersen": ({"shift": "none"}, lennard_jones),
    "mixture": (BIG_AND_SMALL, lambda r: 2 * 0.5 * (r / 1.2) ** -9.5),
}
SPLINES = ("tabulated", "function")
SHIFTED = ("lennard-jones", "gaussian-core", "yukawa", "inverse-power")
CORED = {"energies": RIPPLES, "first": 0.5, "cutoff": 2.5, "core": 1.5}


def make(kind, **options):
    return TypeAdapter(Potential).validate_python({"kind": kind, **options})


def slope(coefficients, r, h=1e-4):
    """Fourth-order difference of the energy."""
    near, far = ([pair(coefficients, (r + s * d) ** 2)[1] for s in (1, -1)] for d in (h, 2 * h))
    return (8 * (near[0] - near[1]) - (far[0] - far[1])) / (12 * h)


def test_every_kind_is_tested():
    assert set(kinds_in(Potential)) == {*FORMULAS, "many-body"}


def kinds_in(union):
    """Kinds of all models of a union that may hold others."""
    for member in get_args(get_args(union)[0]):
        if get_origin(member) is Annotated:
            yield from kinds_in(member)
        else:
            yield get_args(member.model_fields["kind"].annotation)[0]


@pytest.mark.parametrize("kind", FORMULAS)
def test_energy_is_that_of_the_formula_up_to_the_cutoff_and_nothing_beyond(kind):
    options, formula = FORMULAS[kind]
    potential = make(kind, **options)
    coefficients = potential.coefficients()
    r = np.linspace(0.8, max(potential.range, 0.9), 50)[:-1]
    energies = [pair(coefficients, d * d)[1] for d in r]
    # A cubic spline is off by some h^4 phi''''/384, 1e-8 here.
    assert energies == pytest.approx(formula(r), rel=1e-13, abs=2e-8 if kind in SPLINES else 0)
    for beyond in (1.0 + 1e-9, 1.1, 10.0):
        assert pair(coefficients, (potential.range * beyond) ** 2) == (0.0, 0.0)


CASES = [
    *((kind, options) for kind, (options, _) in FORMULAS.items()),
    *((kind, FORMULAS[kind][0] | {"shift": s}) for kind in SHIFTED for s in ("energy", "force")),
    ("tabulated", CORED),
]


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_force_is_minus_the_slope(kind, options):
    potential = make(kind, **options)
    coefficients = potential.coefficients()
    for r in np.linspace(0.85, 0.97 * max(potential.range, 1.0), 23):
        force = pair(coefficients, r * r)[0] * r
        # The third derivative of a spline jumps at its nodes: the difference sees it, times h^2.
        accuracy = 1e-6 if kind in SPLINES else 1e-8
        assert force == pytest.approx(-slope(coefficients, r), rel=accuracy, abs=accuracy)


@pytest.mark.parametrize("kind", SHIFTED)
def test_a_shift_makes_continuous_what_it_says(kind):
    options = FORMULAS[kind][0] | {"cutoff": 1.7}
    plain, energy, force = (
        make(kind, shift=shift, **options).coefficients() for shift in ("none", "energy", "force")
    )
    inside = (1.7 * (1 - 1e-10)) ** 2
    assert abs(pair(plain, inside)[1]) > 1e-3
    assert pair(energy, inside)[1] == pytest.approx(0, abs=1e-8)
    assert pair(energy, inside)[0] == pytest.approx(pair(plain, inside)[0])
    assert pair(force, inside) == pytest.approx((0, 0), abs=1e-7)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_the_kernel_computes_what_python_does(kind, options):
    coefficients = make(kind, **options).coefficients()

    @numba.njit(error_model="numpy")
    def kernel(coefficients, r2):
        result = np.empty((r2.size, 2))
        for i in range(r2.size):
            result[i] = pair(coefficients, r2[i])
        return result

    r2 = np.linspace(0.7, 7.0, 101) ** 2
    expected = np.array([pair(coefficients, x) for x in r2])
    # The compiler may contract and reassociate: some units in the last place of the largest term.
    assert kernel(coefficients, r2) == pytest.approx(expected, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("shift", ["none", "energy", "force"])
def test_particles_of_gaussian_cores_may_be_at_the_same_place(shift):
    force, energy = pair(make("gaussian-core", shift=shift).coefficients(), 0.0)
    assert math.isfinite(force)
    assert energy == pytest.approx(1.0, abs=1e-5)


def test_a_table_goes_on_straight_towards_contact_and_ends_without_force():
    coefficients = make("tabulated", energies=RIPPLES, first=0.5, cutoff=2.5).coefficients()
    forces = [pair(coefficients, r * r)[0] * r for r in (0.5, 0.4, 0.1)]
    assert forces == pytest.approx([forces[0]] * 3)
    assert pair(coefficients, 0.25)[1] == pytest.approx(RIPPLES[0])
    assert pair(coefficients, (2.5 - 1e-9) ** 2) == pytest.approx((0, 0), abs=1e-7)


def test_a_core_is_added_to_a_table():
    bare, cored = (make("tabulated", **CORED | {"core": core}).coefficients() for core in (0, 1.5))
    core = make("weeks-chandler-andersen").coefficients()
    for r in (0.9, 1.1, 1.3):
        expected = np.array(pair(bare, r * r)) + 1.5 * np.array(pair(core, r * r))
        assert pair(cored, r * r) == pytest.approx(tuple(expected))


def test_short_tables_still_reach_as_far_as_their_core():
    assert make("tabulated", energies=(1, 1, 1, 0), cutoff=0.5, core=1).range == 2 ** (1 / 6)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("tabulated", {"energies": (1, 2, 3, 4), "cutoff": 2}, "last of energies is 4 and must be"),
        ("tabulated", {"energies": (1, 2, 0), "cutoff": 2}, "at least 4"),
        ("tabulated", {"energies": (1, math.nan, 1, 0), "cutoff": 2}, "finite"),
        ("tabulated", {"energies": (1, 2, 1, 0), "cutoff": 2, "first": 2}, "first = 2"),
        ("inverse-power", {"exponent": 3}, "greater than 3"),
        ("yukawa", {"screening_length": 0}, "screening_length"),
        ("lennard-jones", {"shift": "forces"}, "'none', 'energy' or 'force'"),
        ("gausian-core", {}, "gaussian-core"),
        ("function", {"code": MORSE, "cutoff": 3}, r"energy\(\(\), 0\.5\) raised IndexError"),
        ("function", {"code": "def energy(p, r): return 1/(r - 3)", "cutoff": 3}, "ZeroDivision"),
        ("function", {"code": "def energy(p, r): return np.inf", "cutoff": 3}, "r = 0.5 is no"),
        ("function", {"code": "energi = 1", "cutoff": 3}, r"no function energy\(p, r\)"),
    ],
)
def test_bad_potentials_are_refused_with_the_reason(kind, options, message):
    with pytest.raises(ValidationError, match=message):
        make(kind, **options)
