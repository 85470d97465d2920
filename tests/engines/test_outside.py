"""Forces that a function from outside answers drive every engine as pairs do."""

import copy

import numpy as np
import pytest

from perrin.engines.adaptive.engine import AdaptiveEngine
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import BlowUpError, EngineError
from perrin.engines.molecular.engine import MolecularEngine

SEED = np.random.SeedSequence(7)
CODE = """
def forces(p, positions, species, edges):
    apart = positions[:, None, :] - positions[None, :, :]
    apart -= edges * np.rint(apart / edges)
    r2 = (apart**2).sum(axis=2)
    np.fill_diagonal(r2, 1e9)
    r6 = r2**-3
    inside = r2 < 6.25
    energy = np.where(inside, 4 * r6 * (r6 - 1), 0.0)
    pairs = np.where(inside, (48 * r6 - 24) * r6 / r2, 0.0)[:, :, None] * apart
    virial = 0.5 * np.einsum("ijk,ijl->kl", pairs, apart)
    order = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]
    return pairs.sum(axis=1), 0.5 * energy.sum(axis=1), [virial[k] for k in order]
"""
MANY_BODY = {"kind": "many-body", "code": CODE}
FLUID = {"particles": 60, "box_length": 5.2, "temperature": 1.2}
FIELD = {
    "kind": "planar-fourier",
    "z": {"modes": [{"amplitude": 3.0, "wavenumber": 1, "phase": 0}]},
}
ENGINES = {
    "brownian": (BrownianEngine, {"time_step": 1e-4}),
    "molecular": (MolecularEngine, {"time_step": 2e-3}),
    "adaptive": (AdaptiveEngine, {"time_step": 2e-4}),
}


def made(name, potential, field=None, bulk_steps=10, **parameters):
    engine, dynamics = ENGINES[name]
    step = dynamics["time_step"]
    return engine(
        engine.Parameters(**(FLUID | parameters), potential=potential, field=field),
        engine.Dynamics(**dynamics, start="lattice", bulk_time=bulk_steps * step),
        engine.Sampling(
            transient_time=0,
            time=40 * step,
            energy_interval=5,
            snapshots={"time": 20 * step, "labels": True},
        ),
    )


def finished(engine, cuts=()):
    state = engine.start(SEED)
    for until in (*cuts, engine.total_steps):
        engine.advance(state, until)
    return state


@pytest.mark.parametrize("name", ENGINES)
def test_a_function_of_all_particles_does_what_pairs_do(name):
    """But for rounding, in steps so few that particles are not sorted anew."""
    pairs = made(name, {"kind": "lennard-jones"}, FIELD, bulk_steps=0)
    outside = made(name, MANY_BODY, FIELD, bulk_steps=0)
    expected = pairs.start(SEED)
    found = copy.deepcopy(expected)
    pairs.advance(expected, 8)
    outside.advance(found, 8)
    assert np.array_equal(found.dynamics["labels"], expected.dynamics["labels"])
    edges = 5.2 * np.array([state.dynamics["images"] for state in (expected, found)])
    unwrapped = [s.dynamics["positions"] + e for s, e in zip((expected, found), edges, strict=True)]
    assert unwrapped[1] == pytest.approx(unwrapped[0], abs=1e-11)
    for name in ("energy", "virial_stress", "internal_force", "snapshot_energies"):
        values = expected.statistics[name]
        assert found.statistics[name] == pytest.approx(values, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("name", ENGINES)
def test_any_way_to_cut_gives_equal_bits(name):
    engine = made(name, MANY_BODY)
    whole, cut = finished(engine), finished(engine, [1, 7, 10, 33])
    for key, values in whole.dynamics.items():
        assert np.array_equal(values, cut.dynamics[key]), key
    for key, values in whole.statistics.items():
        assert np.array_equal(values, cut.statistics[key], equal_nan=True), key


def test_the_function_is_told_parameters_species_and_edges():
    code = """
def forces(p, positions, species, edges):
    assert p == (2.0, 0.5) and edges.tolist() == [4.0, 4.0, 8.0]
    assert positions.shape == (30, 3) and (positions >= 0).all() and (positions <= edges).all()
    assert species.tolist() == 20 * [0] + 10 * [1]
    pull = np.where(species == 0, p[0], -p[1])[:, None] * [1.0, 0.0, 0.0]
    return pull, np.zeros(30), None
"""
    potential = {"kind": "many-body", "code": code, "parameters": (2.0, 0.5)}
    mixture = {"particles": 30, "box_length": 4.0, "box_shape": (1, 1, 2), "composition": (2, 1)}
    state = finished(made("molecular", potential, **mixture))
    x = state.statistics["internal_force"][0, :, :, 0].sum(axis=1)
    assert x == pytest.approx([40 * 20 * 2.0, -40 * 10 * 0.5])
    assert np.isnan(state.statistics["virial_stress"]).all()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    raise KeyError('weights')", "KeyError: 'weights'"),
        ("    return positions", "returned ndarray, not forces, energies and virial"),
        ("    return positions.T, positions[:, 0], None", r"shape \(3, 60\), not \(60, 3\)"),
        ("    return positions, 1.0, None", r"energies have shape \(\), not \(60,\)"),
        ("    return positions, positions[:, 0], np.eye(3)", r"virial have shape \(3, 3\)"),
    ],
)
@pytest.mark.parametrize("name", ENGINES)
def test_what_the_function_raises_is_raised(name, body, message):
    code = f"def forces(p, positions, species, edges):\n{body}\n"
    with pytest.raises(EngineError, match=message):
        finished(made(name, {"kind": "many-body", "code": code}))


def test_an_error_on_the_way_leaves_the_state_before_its_step():
    code = """
calls = []
def forces(p, positions, species, edges):
    calls.append(len(calls))
    if len(calls) > 22:
        raise MemoryError
    return 0 * positions, 0 * positions[:, 0], np.zeros(6)
"""
    engine = made("brownian", {"kind": "many-body", "code": code})
    state = engine.start(SEED)
    with pytest.raises(EngineError, match="MemoryError"):
        engine.advance(state, 50)
    assert 0 < state.step < 22
    assert np.isfinite(state.dynamics["positions"]).all()


def test_forces_that_are_no_numbers_blow_up():
    code = """
def forces(p, positions, species, edges):
    far = np.abs(positions - positions.mean(axis=0)).sum() > 0
    return positions * (np.nan if far else 0.0), positions[:, 0], None
"""
    with pytest.raises((BlowUpError, EngineError), match=r"inf|nan|moved"):
        finished(made("brownian", {"kind": "many-body", "code": code}))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def forces(p:\n  pass", r"code: line 1: .*never closed"),
        ("def force(p): pass", r"code defines no function forces\(p, positions, species, edges\)"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_code_that_cannot_be_used_says_why(code, message):
    with pytest.raises(ValueError, match=message):
        made("brownian", {"kind": "many-body", "code": code})


def test_a_profile_of_the_stress_is_refused():
    engine, dynamics = ENGINES["molecular"]
    with pytest.raises(ValueError, match="stress_profile needs pairs"):
        engine(
            engine.Parameters(**FLUID, potential=MANY_BODY),
            engine.Dynamics(**dynamics),
            engine.Sampling(transient_time=0, time=1.0, stress_profile={}),
        )
