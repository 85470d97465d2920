"""External forces that are no Fourier series, against their formulas and exact distributions."""

import subprocess
import sys

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from perrin.engines.box import make_box
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.fields.external import fill_local
from perrin.engines.fields.field import ExternalField
from perrin.engines.molecular.engine import MolecularEngine

SEED = np.random.SeedSequence(7)
BOX, FLAT = make_box(7.7, (1.0, 1.1, 1.5)), make_box(7.7, (1.0, 1.5))
WAVE = "def force(p, t, x, y, z):\n    return 0.0, 0.0, p[0] * math.sin(2 * math.pi * z / p[1])\n"
TABLE = [0.0, 3.0, -1.0, 2.0]
FIELDS = {
    "harmonic-trap": {"stiffness": [1.0, 2.0, 3.0], "centre": [1.0, 2.0, 7.0]},
    "walls": {"energy": 2.0, "diameter": 1.1},
    "tabulated": {"x": TABLE, "z": TABLE[::-1]},
    "shear": {"gradient": 0.5},
    "function": {"code": WAVE, "parameters": [4.0, 12.0]},
}


def field_of(kind, **settings):
    return TypeAdapter(ExternalField).validate_python({"kind": kind, **(settings or FIELDS[kind])})


def evaluate(field, positions, box, time=0.0):
    out = np.full_like(positions, np.nan)
    fill_local(field.local_force(box), time, box.edges, box.last_axis, positions, out)
    return out


def pushed(d):
    """Force of a wall of energy 2 and diameter 1.1."""
    s = 1.1 / np.maximum(d, 0.55 * 1.1)
    return np.where(d < 1.1 * 0.4 ** (1 / 6), 2 / 1.1 * (1.2 * s**10 - 3 * s**4), 0)


def expected(kind, box, r):
    """Forces at wrapped positions, (3, N)."""
    edges = np.array(box.edges)[:, None]
    last = box.last_axis
    zero, u, length = np.zeros_like(r[0]), r[last], box.profile_length
    if kind == "harmonic-trap":
        centre = np.array([1.0, 2.0, 7.0 if box.dimensions == 3 else 0.0])[:, None]
        d = r - centre
        return -np.array([1.0, 2.0, 3.0])[:, None] * (d - edges * np.rint(d / edges))
    if kind == "walls":
        force = pushed(u - 1.25) - pushed(length - 1.25 - u)
        return np.array([zero, zero, zero]) + (np.arange(3) == last)[:, None] * force
    if kind == "tabulated":
        at = np.arange(5) * length / 4
        x, z = (np.interp(u, at, [*table, table[0]]) for table in (TABLE, TABLE[::-1]))
        return np.array([x, zero, z])
    if kind == "shear":
        return np.array([0.5 * (u - length / 2), zero, zero])
    return np.array([zero, zero, 4 * np.sin(2 * np.pi * r[2] / 12)])


@pytest.mark.parametrize("box", [BOX, FLAT])
@pytest.mark.parametrize("kind", FIELDS)
def test_forces_are_those_of_the_formula_in_every_image(kind, box):
    rng = np.random.default_rng(1)
    d = box.dimensions
    positions = np.zeros((3, 500))
    positions[:d] = rng.uniform(0, box.edges[:d], (500, d)).T
    images = rng.integers(-2, 3, (3, 500)) * (np.arange(3) < d)[:, None]
    field = field_of(kind)
    found = evaluate(field, positions + images * np.array(box.edges)[:, None], box)
    formula = expected(kind, box, positions) * (np.arange(3) < d)[:, None]
    np.testing.assert_allclose(found, formula, rtol=1e-9, atol=1e-9)
    # That of code is the largest of a grid of 17: off by 1 - cos(pi/17) at most, for one period.
    tolerance = 1.02 if kind == "function" else 1 + 1e-12
    assert np.linalg.norm(found, axis=0).max() <= field.largest_force(box) * tolerance


def gas(
    field, engine=BrownianEngine, particles=2000, temperature=1.0, transient_time=2.0, **parameters
):
    dynamics = {"time_step": 1e-3, "bulk_time": 0.0}
    return engine(
        engine.Parameters(
            particles=particles,
            box_length=12.0,
            temperature=temperature,
            potential={"kind": "ideal"},
            field=field,
            **parameters,
        ),
        engine.Dynamics(**dynamics),
        engine.Sampling(transient_time=transient_time, time=1.0, bin_width=0.25, interval=10),
    )


def finished(simulation):
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    return state


def test_a_trapped_gas_has_its_equilibrium_width():
    """Variance T/k; Euler-Maruyama makes it 1/(1 - k dt/2) larger, here by .0015 at most."""
    trap = {"kind": "harmonic-trap", "stiffness": [1.0, 2.0, 3.0]}
    state = finished(gas(trap))
    off = state.dynamics["positions"] - 6.0
    variance = (off**2).mean(axis=1)
    assert variance == pytest.approx([1.0, 0.5, 1 / 3], rel=4 * np.sqrt(2 / 2000) + 0.0015)


def test_a_gas_between_walls_has_the_boltzmann_profile():
    """Bins see 4000 particles once at least: their counts scatter like Poisson's, or less."""
    walls = {"kind": "walls", "energy": 1.0, "diameter": 2.0, "offset": 0.0}
    state = finished(gas(walls, particles=4000, box_shape=(1.0, 1.0, 0.5), transient_time=10.0))
    z = (np.arange(2400) + 0.5) / 400
    d = np.minimum(z, 6 - z)
    phi = np.where(d < 2 * 0.4 ** (1 / 6), 2 / 15 * (2 / d) ** 9 - (2 / d) ** 3 + 10**0.5 / 3, 0)
    weight = np.exp(-phi).reshape(24, 100).mean(axis=1)
    found = state.statistics["density"][0, 0] / state.statistics["steps"][0]
    expected = 4000 * weight / weight.sum()
    assert (np.abs(found - expected) < 4 * np.sqrt(expected) + 0.5).all()


def test_free_particles_flow_with_the_shear():
    shear = {"kind": "shear", "gradient": 2.0}
    sums = finished(gas(shear, friction=4.0)).statistics
    z = (np.arange(48) + 0.5) / 4
    velocity = sums["displacement"][0, 0, :, 0] / sums["density"][0, 0] / 1e-3
    # Over a step, displacements scatter by sqrt(2 D dt), and the force by a slope times the bin.
    error = np.sqrt(2 * 0.25 * 1e-3 / sums["density"][0, 0]) / 1e-3
    assert (np.abs(velocity - 0.5 * (z - 6)) < 4 * error).all()
    # The force changes by .5 within a bin.
    force = sums["external_force"][0, 0, :, 0] / sums["density"][0, 0]
    np.testing.assert_allclose(force, 2 * (z - 6), atol=0.25)


@pytest.mark.parametrize("engine", [BrownianEngine, MolecularEngine])
def test_a_function_does_what_the_series_does(engine):
    """Equal noise, equal forces to rounding: equal trajectories while they are short."""
    modes = [{"amplitude": 4.0, "wavenumber": 1, "phase": 0.0}]
    series = {"kind": "planar-fourier", "z": {"modes": modes}}
    function = {"kind": "function", "code": WAVE, "parameters": [4.0, 12.0]}
    states = [finished(gas(field, engine, particles=100)) for field in (series, function)]
    first, second = (s.dynamics["positions"][:, np.argsort(s.dynamics["labels"])] for s in states)
    np.testing.assert_allclose(first, second, atol=1e-9)
    for name in ("external_force", "displacement"):
        a, b = (s.statistics[name] for s in states)
        np.testing.assert_allclose(a, b, atol=1e-6 * np.abs(a).max())


def test_time_begins_when_the_field_is_switched_on():
    code = "def force(p, t, x, y, z):\n    return p[0] * t, 0.0, 0.0\n"
    simulation = gas({"kind": "function", "code": code, "parameters": [1.0]}, temperature=1e-20)
    state = simulation.start(SEED)
    begun = state.dynamics["positions"].copy()
    simulation.advance(state, 2000)
    moved = state.dynamics["positions"] + 12 * state.dynamics["images"] - begun
    np.testing.assert_allclose(moved[0], 1e-6 * 2000 * 1999 / 2, rtol=1e-6)
    np.testing.assert_allclose(moved[1:], 0.0, atol=1e-6)


def test_any_way_to_cut_gives_equal_bits():
    simulation = gas(FIELDS["harmonic-trap"] | {"kind": "harmonic-trap"}, particles=20)
    whole, cut = finished(simulation), simulation.start(SEED)
    for until in (1, 7, 1999, 2001, 2500, 3000):
        simulation.advance(cut, until)
    for part in ("dynamics", "statistics"):
        for name, values in getattr(whole, part).items():
            assert np.array_equal(values, getattr(cut, part)[name]), name


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("harmonic-trap", {"stiffness": [-1, 0, 0]}, "greater than or equal to 0"),
        ("walls", {"energy": 0}, "greater than 0"),
        ("tabulated", {"x": [1.0, 2.0], "z": [1.0]}, r"\[2, 0, 1\] values: give as many in each"),
        ("tabulated", {}, "give as many in each"),
        ("tabulated", {"x": [1.0, float("nan")]}, "finite"),
        ("function", {"code": "def force(p, t, x, y, z)\n"}, "SyntaxError"),
        (
            "function",
            {"code": "def force(p, t, x, y, z): return eval('0'), 0, 0"},
            "cannot compile",
        ),
        ("function", {"code": "x = 1"}, "defines no function force"),
        ("function", {"code": "def force(p, t, x, y, z): return p[3], 0, 0"}, "IndexError"),
        ("function", {"code": "def force(p, t, x, y, z): return 1.0"}, "not three finite numbers"),
        ("function", {"code": "def force(p, t, x, y, z): return np.inf, 0, 0"}, "finite"),
    ],
)
def test_bad_fields_are_refused(kind, settings, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(ExternalField).validate_python({"kind": kind, **settings})


def test_particles_stay_in_the_plane_whatever_the_code_says():
    code = "def force(p, t, x, y, z): return 0.0, 0.0, 5.0\n"
    state = finished(gas({"kind": "function", "code": code}, particles=20, box_shape=(1, 1)))
    assert not state.dynamics["positions"][2].any()


def test_walls_must_keep_particles_on_both_sides_apart():
    parameters = {"particles": 10, "box_length": 8.0, "temperature": 1.0}
    with pytest.raises(
        ValidationError, match=r"field.offset = 1: particles reach .* at least 1.25"
    ):
        BrownianEngine.Parameters(
            **parameters, potential={"kind": "lennard-jones"}, field={"kind": "walls", "offset": 1}
        )
    with pytest.raises(ValidationError, match="no room between walls"):
        BrownianEngine.Parameters(
            **parameters, potential={"kind": "ideal"}, field={"kind": "walls", "offset": 3.5}
        )


def test_a_pole_between_the_places_that_are_looked_at_is_no_error():
    code = "def force(p, t, x, y, z): return 1 / (x - 4.0), math.sqrt(abs(y) + 1), 0.0\n"
    assert field_of("function", code=code).largest_force(make_box(17.0, (1, 1, 1))) > 3


def test_no_force_along_z_in_two_dimensions():
    parameters = {"particles": 10, "box_length": 5.0, "temperature": 1.0}
    field = {"kind": "tabulated", "z": [1.0, 2.0]}
    with pytest.raises(ValidationError, match="there is no z in two dimensions"):
        BrownianEngine.Parameters(
            **parameters, box_shape=(1, 1), potential={"kind": "ideal"}, field=field
        )


def test_a_process_that_compiles_nothing_knows_the_type_of_no_force():
    """As one that resumes a replica, whose first kernel is on disk."""
    code = (
        "import numba\n"
        "from perrin.engines.fields.local_force import no_local_force\n"
        "print(numba.typeof(no_local_force()))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "FunctionType[none(" in told.stdout, told.stderr
