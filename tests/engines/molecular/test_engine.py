import hashlib
import pickle

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.engine import BlowUpError, ReplicaState
from perrin.engines.molecular import engine as module
from perrin.engines.molecular.engine import MolecularEngine
from perrin.engines.neighbours import make_lists

SEED = np.random.SeedSequence(1)
THERMOSTATS = [None, {"kind": "langevin"}, {"kind": "nose-hoover"}]


def same(first: ReplicaState, second: ReplicaState) -> bool:
    return first.step == second.step and all(
        np.array_equal(value, getattr(second, part)[name])
        for part in ("dynamics", "statistics")
        for name, value in getattr(first, part).items()
    )


def finished(simulation, seed=SEED) -> ReplicaState:
    state = simulation.start(seed)
    simulation.advance(state, simulation.total_steps)
    return state


@pytest.fixture
def driven(molecular, driving):
    """Driven dynamics with a thermostat: 20 hot steps, 40 in bulk, 20 in the field, 60 sampled."""

    def make(thermostat):
        return molecular(
            field=driving,
            dynamics={
                "thermostat": thermostat,
                "hot_time": 0.1,
                "hot_temperature": 3.0,
                "bulk_time": 0.2,
            },
            sampling={"transient_time": 0.1, "time": 0.3, "block_time": 0.125},
        )

    return make


@pytest.mark.parametrize("thermostat", THERMOSTATS)
@pytest.mark.parametrize("cuts", [[1, 2, 3], [19, 20, 21, 60, 79, 80, 105], list(range(140))])
def test_any_way_to_cut_gives_equal_bits(driven, thermostat, cuts):
    simulation = driven(thermostat)
    assert (simulation.total_steps, simulation.blocks) == (140, 3)
    whole = finished(simulation)
    state = simulation.start(SEED)
    for until in [*cuts, 140]:
        simulation.advance(state, until)
        state = pickle.loads(pickle.dumps(state))
    assert same(state, whole)


def test_lists_that_overflow_change_no_bits(driven, monkeypatch):
    simulation = driven(THERMOSTATS[2])
    whole = finished(simulation)
    make = module.make_neighbourhood

    def tight(*arguments):
        hood = make(*arguments)
        # Room for the lists of the start, but not for all that follow.
        return hood._replace(neighbours=make_lists(ROOM))

    grown_at = []

    def grown(hood):
        grown_at.append(state.step)
        return module_grown(hood)

    module_grown = module.grown
    monkeypatch.setattr(module, "make_neighbourhood", tight)
    monkeypatch.setattr(module, "grown", grown)
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    assert same(state, whole)
    assert set(grown_at) - {0, 20, 60, 80, 105, 130}, (
        "no list overflowed in the middle of a stretch"
    )


def test_golden_trajectory(driven):
    """A change here means other physics: bump `physics_version`, then pin the new digests."""
    digests = []
    for thermostat in THERMOSTATS:
        positions = finished(driven(thermostat)).dynamics["positions"]
        rounded = np.rint(positions / 1e-6).astype("<i8")
        digests.append(hashlib.sha256(rounded.tobytes()).hexdigest()[:16])
    assert MolecularEngine.physics_version == 4
    assert digests == GOLDEN


ROOM = 2500
GOLDEN = ["f66e457b009af648", "7e0a645356a26aeb", "7283aa36f5bd7813"]


def test_a_gas_without_interactions_falls_exactly(molecular):
    """Velocity Verlet is exact for a constant force."""
    field = {"kind": "planar-fourier", "x": {"constant": 3.0}, "z": {"constant": -1.0}}
    simulation = molecular(
        potential={"kind": "ideal"},
        field=field,
        dynamics={"bulk_time": 0.0},
        sampling={"time": 2.0},
    )
    state = simulation.start(SEED)
    simulation.advance(state, 0)
    begun = state.dynamics["positions"].copy()
    velocities = state.dynamics["velocities"] - state.dynamics["velocities"].mean(axis=1)[:, None]
    simulation.advance(state, simulation.total_steps)
    force = np.array([[3.0], [0.0], [-1.0]])
    fallen = state.dynamics["positions"] + 6.0 * state.dynamics["images"]
    np.testing.assert_allclose(fallen, begun + 2.0 * velocities + 2.0 * force, atol=1e-11)
    np.testing.assert_allclose(state.dynamics["velocities"], velocities + 2.0 * force, atol=1e-12)


@pytest.mark.parametrize("thermostat", [THERMOSTATS[0], THERMOSTATS[2]])
def test_reversed_velocities_lead_back_to_the_start(molecular, thermostat):
    simulation = molecular(dynamics={"thermostat": thermostat}, sampling={"time": 0.5})
    state = simulation.start(SEED)
    simulation.advance(state, 21)
    begun = {name: values.copy() for name, values in state.dynamics.items()}
    there = pickle.loads(pickle.dumps(state))
    simulation.advance(there, 111)
    there.step = 21
    there.dynamics["velocities"] *= -1
    there.dynamics["chain"][1] *= -1
    simulation.advance(there, 111)
    order, original = np.argsort(there.dynamics["labels"]), np.argsort(begun["labels"])
    off = there.dynamics["positions"][:, order] - begun["positions"][:, original]
    assert np.abs(off - 6.0 * np.rint(off / 6.0)).max() < 1e-8


def test_profiles_are_sampled_at_intervals(molecular):
    sparse = finished(molecular(sampling={"time": 0.2, "interval": 4, "energy_interval": 3}))
    every = finished(molecular(sampling={"time": 0.2, "energy_interval": 3}))
    assert (sparse.statistics["steps"], every.statistics["steps"]) == ([10], [40])
    assert 4 * sparse.statistics["density"].sum() == every.statistics["density"].sum()
    for name in ("energy", "total_energy", "kinetic_stress", "virial_stress"):
        assert np.array_equal(sparse.statistics[name], every.statistics[name])
    for name, values in every.dynamics.items():
        assert np.array_equal(sparse.dynamics[name], values), name


def test_stress_is_what_energies_say_and_virials_are_consistent(molecular):
    sums = finished(molecular(sampling={"time": 0.2, "energy_interval": 3})).statistics
    assert sums["energy_samples"].tolist() == [14]
    for stress, trace in (
        ("kinetic_stress", 2 * sums["kinetic_energy"]),
        ("virial_stress", sums["virial"]),
    ):
        assert sums[stress][0, :3].sum() == pytest.approx(trace[0, 0])
    total = sums["energy"][0, 0] + sums["kinetic_energy"][0, 0]
    assert sums["total_energy"][0, 0] == pytest.approx(total)


def test_momentum_stays_zero_without_a_thermostat(molecular):
    state = finished(molecular(dynamics={"bulk_time": 0.1}, sampling={"time": 1.0}))
    assert np.abs(state.dynamics["velocities"].sum(axis=1)).max() < 1e-11


def test_two_dimensions_stay_flat(molecular):
    state = finished(
        molecular(box_length=10.0, box_shape=(1.0, 1.2), dynamics={"thermostat": THERMOSTATS[1]})
    )
    for name in ("positions", "velocities", "images"):
        assert not state.dynamics[name][2].any()
    assert state.statistics["density"].sum() == 64 * state.statistics["steps"][0]


def test_too_large_a_step_blows_up_with_the_particle(molecular):
    simulation = molecular(dynamics={"time_step": 0.2, "bulk_time": 0.2})
    with pytest.raises(BlowUpError, match=r"particle .* moved .* in step"):
        finished(simulation)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"thermostat": {"kind": "berendsen"}}, "langevin"),
        ({"thermostat": {"kind": "langevin", "friction": 0}}, "greater than 0"),
        ({"thermostat": {"kind": "nose-hoover", "chain": 0}}, "greater than or equal to 1"),
        ({"hot_time": 1.0}, "hot_temperature = None"),
        ({"hot_temperature": 1.0}, "hot_time = 0"),
    ],
)
def test_bad_dynamics_is_refused(bad, message):
    with pytest.raises(ValidationError, match=message):
        MolecularEngine.Dynamics(**bad)
