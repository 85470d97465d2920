import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from perrin.engines.engine import BlowUpError, EngineError, ReplicaState
from perrin.engines.neighbours import grown, make_lists
from perrin.engines.potentials.lennard_jones import LennardJones
from perrin.engines.registry import ENGINES
from perrin.engines.verlet import build_lists

SEEDS = [np.random.SeedSequence(seed) for seed in range(4)]


def same(first: ReplicaState, second: ReplicaState) -> bool:
    """Whether all that `first` has is equal, bit for bit, in `second`."""
    return first.step == second.step and all(
        np.array_equal(value, getattr(second, part)[name])
        for part in ("dynamics", "statistics")
        for name, value in getattr(first, part).items()
    )


def finished(simulation, seed: np.random.SeedSequence) -> ReplicaState:
    state = simulation.start(seed)
    simulation.advance(state, simulation.total_steps)
    return state


@pytest.fixture
def driven(engine, driving):
    return engine(field=driving, sampling={"transient_time": 0.005, "time": 0.02})


def test_phases_last_as_long_as_the_protocol_says(driven):
    assert driven.total_steps == 350
    state = driven.start(SEEDS[0])
    assert state.step == 0
    driven.advance(state, 150)
    assert state.statistics["steps"] == 0
    driven.advance(state, 151)
    assert state.statistics["steps"] == 1
    driven.advance(state, 350)
    assert (state.step, state.statistics["steps"], state.statistics["energy_samples"]) == (
        350,
        200,
        20,
    )


@pytest.mark.parametrize(
    "cuts", [[1, 2, 3], [99, 100, 101], [149, 150, 151], [120, 290], list(range(350))]
)
def test_any_way_to_cut_gives_equal_bits(driven, cuts):
    whole = finished(driven, SEEDS[0])
    state = driven.start(SEEDS[0])
    for until in [*cuts, 350]:
        driven.advance(state, until)
        state = pickle.loads(pickle.dumps(state))
    assert same(state, whole)


@pytest.mark.parametrize("steps", [1, 30, 64, 200])
def test_blocks_add_up_to_the_run_without_blocks(engine, driving, steps):
    """Whole numbers exactly; other sums to the rounding of 200 terms, 1e-12 of the largest."""
    sampling = {"transient_time": 0.005, "time": 0.02}
    whole = finished(engine(field=driving, sampling=sampling), SEEDS[0])
    blocked = engine(field=driving, sampling={**sampling, "block_time": steps * 1e-4})
    state = finished(blocked, SEEDS[0])
    assert same(ReplicaState(350, state.dynamics), whole)
    assert blocked.blocks == -(-200 // steps)
    lengths = state.statistics["steps"]
    assert lengths.tolist() == [steps] * (200 // steps) + [200 % steps] * (200 % steps > 0)
    for name, values in state.statistics.items():
        expected = whole.statistics[name][0]
        if values.dtype == np.int64:
            np.testing.assert_array_equal(values.sum(axis=0), expected)
        tolerance = 1e-12 * np.abs(expected).max(initial=0.0)
        np.testing.assert_allclose(values.sum(axis=0), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("cuts", [[1, 151, 179, 180, 181], [150, 210, 345], list(range(350))])
def test_blocks_do_not_depend_on_where_the_run_is_cut(engine, driving, cuts):
    sampling = {"transient_time": 0.005, "time": 0.02, "block_time": 0.003}
    blocked = engine(field=driving, sampling=sampling)
    state = blocked.start(SEEDS[0])
    for until in [*cuts, 350]:
        blocked.advance(state, until)
        state = pickle.loads(pickle.dumps(state))
    assert same(state, finished(blocked, SEEDS[0]))


@pytest.mark.parametrize("block_time", [None, 0.002, 0.003, 0.015])
@pytest.mark.parametrize("time", [0.001, 0.004, 0.0075])
def test_extending_gives_the_bits_of_the_longer_run(engine, driving, block_time, time):
    """The shorter run ends at the end of a block or inside one."""
    sampling = {"transient_time": 0.005, "time": time, "block_time": block_time}
    state = finished(engine(field=driving, sampling=sampling), SEEDS[0])
    longer = engine(field=driving, sampling={**sampling, "time": 0.02})
    longer.advance(state, 330)
    longer.advance(state, 350)
    assert same(state, finished(longer, SEEDS[0]))


def test_room_is_made_for_the_blocks_of_a_longer_run(engine):
    sampling = {"time": 0.004, "block_time": 0.003}
    state = finished(engine(sampling=sampling), SEEDS[0])
    before = pickle.loads(pickle.dumps(state))
    longer = engine(sampling={**sampling, "time": 0.01})
    for _ in range(2):
        longer.make_room(state)
        for name, values in state.statistics.items():
            assert values.shape == (4, *before.statistics[name].shape[1:])
            np.testing.assert_array_equal(values[:2], before.statistics[name])
            assert not values[2:].any()


def test_lists_that_overflow_change_no_bits(driven, monkeypatch):
    whole = finished(driven, SEEDS[0])
    make = driven._make_neighbourhood

    def tight():
        hood = make()
        ghosts = hood.ghosts._replace(source=hood.ghosts.source[:20])
        return hood._replace(neighbours=make_lists(70), ghosts=ghosts)

    monkeypatch.setattr(driven, "_make_neighbourhood", tight)
    assert same(finished(driven, SEEDS[0]), whole)


def test_lists_that_overflow_on_the_way_change_no_bits(engine, driving, monkeypatch):
    """Lists with room for the first configuration and none to spare, in a field, sampled."""
    sampling = {"time": 0.2, "energy_interval": 100}
    simulation = engine(particles=200, box_length=8.0, field=driving, sampling=sampling)
    whole = finished(simulation, SEEDS[0])
    roomy, times = simulation._make_neighbourhood(), []
    reference = simulation.start(SEEDS[0]).dynamics["reference"]
    assert build_lists(roomy, reference)
    tight, room = roomy, int(roomy.stop.max())
    while tight is roomy or not build_lists(tight, reference):
        tight, room = roomy._replace(neighbours=make_lists(room)), room + 20
    monkeypatch.setattr(simulation, "_make_neighbourhood", lambda: tight)
    monkeypatch.setattr(
        "perrin.engines.brownian.engine.grown", lambda hood: times.append(1) or grown(hood)
    )
    assert same(finished(simulation, SEEDS[0]), whole)
    assert times


def test_threads_change_no_bits(driven):
    one_by_one = [finished(driven, seed) for seed in SEEDS]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda seed: finished(driven, seed), SEEDS))
    assert all(same(a, b) for a, b in zip(one_by_one, together, strict=True))
    assert not same(one_by_one[0], one_by_one[1])


def test_golden_trajectory(driven):
    """A change here means other physics: bump `physics_version`, then pin the new digest."""
    positions = finished(driven, SEEDS[0]).dynamics["positions"]
    rounded = np.rint(positions / 1e-6).astype("<i8")
    digest = hashlib.sha256(rounded.tobytes()).hexdigest()[:16]
    assert (driven.physics_version, digest) == (5, "0756ef0924b38cf1")


def test_positions_stay_in_the_box(driven):
    """Or outside by half a skin: they are wrapped when lists are built."""
    dynamics = finished(driven, SEEDS[0]).dynamics
    assert dynamics["positions"].min() >= -0.3
    assert dynamics["positions"].max() < driven.parameters.box_length + 0.3
    assert dynamics["images"].any()


def test_internal_forces_sum_to_zero_in_every_sample(driven):
    state = driven.start(SEEDS[0])
    driven.advance(state, 200)
    for until in range(201, 300):
        for sums in state.statistics.values():
            sums[...] = 0
        driven.advance(state, until)
        forces = state.statistics["internal_force"][0, 0]
        assert np.abs(forces.sum(axis=0)).max() < 1e-11 * np.abs(forces).sum()


def test_overlapping_starts_relax(engine):
    simulation = engine(particles=181, box_length=6.0, bulk_time=0.1)  # density .84
    for seed in SEEDS:
        state = simulation.start(seed)
        simulation.advance(state, 1000)
        assert np.isfinite(state.dynamics["positions"]).all()


def test_a_start_that_cannot_relax_says_so(engine, monkeypatch):
    monkeypatch.setattr(LennardJones, "largest_density", 100.0)
    squeezed = engine(particles=1000, box_length=6.0)
    with pytest.raises(EngineError, match=r"did not relax: .* density of 4\.63"):
        squeezed.start(SEEDS[0])


def test_blow_up_names_step_and_particle_and_leaves_no_trace(engine):
    field = {"kind": "planar-fourier", "x": {"constant": 1e5}}
    simulation = engine(field=field)
    state = simulation.start(SEEDS[0])
    simulation.advance(state, 100)
    before = pickle.loads(pickle.dumps(state))
    with pytest.raises(BlowUpError, match="step 100: the time step is too large") as caught:
        simulation.advance(state, 200)
    assert (caught.value.step, caught.value.particle) == (100, state.dynamics["labels"][0])
    assert caught.value.displacement > 1.25
    assert same(state, before)


def test_a_position_that_is_no_number_is_never_recorded(engine):
    simulation = engine()
    state = simulation.start(SEEDS[0])
    simulation.advance(state, 150)
    state.dynamics["positions"][0, 3] = state.dynamics["positions"][0, 7]
    state.dynamics["positions"][1, 3] = state.dynamics["positions"][1, 7]
    state.dynamics["positions"][2, 3] = state.dynamics["positions"][2, 7]
    with pytest.raises(BlowUpError):
        simulation.advance(state, 200)
    assert all(np.isfinite(sums).all() for sums in state.statistics.values())


@pytest.mark.parametrize("until", [49, 351])
def test_steps_outside_the_protocol_are_refused(driven, until):
    state = driven.start(SEEDS[0])
    driven.advance(state, 50)
    with pytest.raises(EngineError, match=rf"until = {until}, allowed are 50, ..., 350"):
        driven.advance(state, until)


def test_the_registry_knows_the_engine(driven):
    assert ENGINES["brownian"] is type(driven)
