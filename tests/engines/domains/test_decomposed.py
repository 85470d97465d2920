"""Domains on real MPI processes, against the same steps of one process."""

import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from perrin.engines.box import make_box
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.domains.limits import ENGINES
from perrin.engines.domains.partition import cut
from perrin.engines.domains.registry import DECOMPOSED
from perrin.engines.engine import BlowUpError, EngineError
from perrin.engines.molecular.engine import MolecularEngine
from perrin.site_configs.launch import find_program
from perrin.tests.engines.domains.program import advanced
from perrin.tests.support.thread_group import run_group

SERIAL = {"brownian": BrownianEngine, "molecular": MolecularEngine}
FLUID = {
    "particles": 1000,
    "box_length": 10.5,
    "temperature": 1.5,
    "potential": {"kind": "lennard-jones", "shift": "force"},
}
MIXTURE = {
    "particles": 900,
    "box_length": 9.2,
    "box_shape": [1, 1, 1.5],
    "composition": [4, 1],
    "temperature": 1.0,
    "potential": {"kind": "kob-andersen", "shift": "force"},
}
FLAT = {
    "particles": 300,
    "box_length": 18.0,
    "box_shape": [1, 1.3],
    "temperature": 1.0,
    "potential": {"kind": "weeks-chandler-andersen"},
    "field": {"kind": "shear", "gradient": 0.5},
}
WAVE = {"z": {"constant": 3.0, "modes": [{"amplitude": 4.0, "wavenumber": 1, "phase": 0.5}]}}
DRIVEN = {**FLUID, "field": {"kind": "planar-fourier", **WAVE}}


def order_of(engine, parameters, dynamics, sampling, until):
    return {
        "engine": engine,
        "parameters": parameters,
        "dynamics": {"start": "lattice", "noise": "particles", **dynamics},
        "sampling": {"transient_time": 0.0, "bin_width": 0.5, **sampling},
        "until": until,
    }


def on_mpi(tmp_path, ranks, order):
    """What MPI processes make of it."""
    (tmp_path / "order.json").write_text(json.dumps(order))
    program = [sys.executable, "-m", "perrin.tests.engines.domains.program"]
    files = [str(tmp_path / "order.json"), str(tmp_path / "result.npz")]
    command = [find_program("mpiexec"), "-n", str(ranks), *program, *files]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert finished.returncode == 0, finished.stderr
    return dict(np.load(tmp_path / "result.npz"))


def on_threads(ranks, order):
    """What threads make of it that take the part of processes."""
    return run_group(ranks, lambda communicator: advanced(order, communicator))


def in_one_process(order):
    """The same by the engine without domains."""
    kind = SERIAL[order["engine"]]
    engine = kind(
        kind.Parameters(**order["parameters"]),
        kind.Dynamics(**order["dynamics"]),
        kind.Sampling(**order["sampling"]),
    )
    state = engine.start(np.random.SeedSequence(1))
    engine.advance(state, order["until"][-1])
    return {**state.dynamics, **state.statistics}


def assert_close(found, expected, length):
    """Vectors of particles by label, modulo the box; sums to what rounding does to them."""
    assert found.keys() - {"step"} == expected.keys()
    first, second = (np.argsort(each["labels"]) for each in (found, expected))
    particles = {"labels", "positions", "velocities", "images", "directions"}
    for name in particles & expected.keys() - {"images", "labels", "directions"}:
        off = found[name][:, first] - expected[name][:, second]
        if name == "positions":
            off += (found["images"][:, first] - expected["images"][:, second]) * length
        assert np.abs(off).max() < 1e-9, name
    for name in expected.keys() - particles - {"reference", "random"}:
        scale = np.abs(expected[name]).max(initial=1e-30)
        np.testing.assert_allclose(found[name], expected[name], atol=1e-9 * scale, err_msg=name)


def order_of_case(engine, parameters, time_step, **dynamics):
    """Steps in two calls, without a field and with one, in which lists are built several times."""
    dynamics = {"bulk_time": 100 * time_step, "time_step": time_step, **dynamics}
    sampling = {"time": 200 * time_step, "interval": 5, "block_time": 150 * time_step}
    if engine == "brownian":
        sampling["radial_distribution"] = {"interval": 100, "bin_width": 0.1}
    return order_of(engine, parameters, dynamics, sampling, [130, 300])


LANGEVIN = {"thermostat": {"kind": "langevin"}}
CASES = {
    "brownian": order_of_case("brownian", DRIVEN, 1e-4),
    "brownian in a plane": order_of_case("brownian", FLAT, 1e-4),
    "molecular mixture": order_of_case("molecular", MIXTURE, 0.002, **LANGEVIN),
}


@pytest.fixture(scope="module")
def expected():
    """What one process makes of a case."""
    return cache(lambda name: in_one_process(CASES[name]))


def edges_of(name):
    given = CASES[name]["parameters"]
    box = make_box(given["box_length"], tuple(given.get("box_shape", [1, 1, 1])))
    return np.array(box.edges)[:, np.newaxis]


@pytest.mark.parametrize(
    "name", ["brownian", pytest.param("molecular mixture", marks=pytest.mark.slow)]
)
def test_mpi_changes_rounding_only(tmp_path, expected, name):
    """Nearby trajectories part by a factor of e in some .5 tau: little in 300 steps."""
    assert_close(on_mpi(tmp_path, 2, CASES[name]), expected(name), edges_of(name))


@pytest.mark.parametrize(
    ("name", "ranks"),
    [
        ("brownian", 1),
        ("brownian", 8),
        ("brownian in a plane", 4),
        ("molecular mixture", 3),
    ],
)
def test_domains_change_rounding_only(expected, name, ranks):
    assert_close(on_threads(ranks, CASES[name]), expected(name), edges_of(name))


def test_other_domains_or_none_go_on(expected):
    """What four have begun, three go on with, and one process without domains ends."""
    order = CASES["brownian"]
    kind = SERIAL["brownian"]
    engine = kind(
        kind.Parameters(**order["parameters"]),
        kind.Dynamics(**order["dynamics"]),
        kind.Sampling(**order["sampling"]),
    )
    state = engine.start(np.random.SeedSequence(1))
    for ranks, until in ((4, 60), (3, 180)):
        part = {**order, "until": [until]}
        run_group(ranks, lambda c, part=part: advanced(part, c, None if c.rank else state))
        assert state.step == until
    engine.advance(state, 300)
    assert_close({**state.dynamics, **state.statistics}, expected("brownian"), edges_of("brownian"))


def test_a_blow_up_in_one_domain_is_raised_by_the_first():
    driven = {**FLUID, "field": {"kind": "walls", "energy": 1e6, "diameter": 1.0}}
    order = order_of("brownian", driven, {"bulk_time": 0.001}, {"time": 0.1}, [100])
    step, particle = on_threads(2, order)["blow_up"]
    with pytest.raises(BlowUpError) as error:
        in_one_process(order)
    assert step == error.value.step
    assert 0 <= particle < 1000


def test_a_chain_of_thermostats_is_refused():
    chained = order_of(
        "molecular", FLUID, {"thermostat": {"kind": "nose-hoover"}}, {"time": 1.0}, []
    )
    with pytest.raises(EngineError, match="Nose-Hoover chain needs"):
        on_threads(1, chained)


def test_domains_are_cut_with_the_least_surface():
    assert cut(make_box(10.0, (1, 1, 1)), 2, 3.1).cuts == (1, 1, 2)
    assert cut(make_box(10.0, (1, 1, 1)), 8, 3.1).cuts == (2, 2, 2)
    assert cut(make_box(10.0, (1, 1, 4)), 8, 3.1).cuts == (1, 1, 8)
    assert cut(make_box(10.0, (1, 2)), 4, 3.1).cuts == (1, 4, 1)


def test_more_domains_than_fit_are_refused():
    with pytest.raises(EngineError, match=r"cannot be cut into 64 domains.*27 would fit"):
        cut(make_box(10.0, (1, 1, 1)), 64, 3.1)


def test_what_can_be_cut_is_known_without_importing_it():
    assert set(DECOMPOSED) == set(ENGINES)
