import json
import os
import random
import threading

import h5py
import numpy as np
import pytest

from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.brownian.parameters import BrownianDynamics, BrownianParameters
from perrin.engines.engine import ReplicaState
from perrin.engines.ensemble import EnsembleFile, ReplicaRecord, Run, write_ensemble
from perrin.engines.identity import Physics, document
from perrin.engines.sampling import ParticleSampling
from perrin.engines.seal import USER_BLOCK, DamagedFileError, read_sealed, seal

SAMPLING = ParticleSampling(transient_time=1, time=2, bin_width=0.5)
DYNAMICS = BrownianDynamics()


def make_engine(particles):
    parameters = BrownianParameters(
        particles=particles, box_length=6.0, temperature=1.5, potential={"kind": "ideal"}
    )
    return BrownianEngine(parameters, DYNAMICS, SAMPLING)


def make_physics(particles):
    state_point = document(make_engine(particles).parameters)
    return Physics("brownian", 1, state_point, document(DYNAMICS), seed=1)


ENGINES = {make_physics(n).state_point_hash: make_engine(n) for n in (3, 5)}


def make_record(particles, replica):
    generator = np.random.default_rng([particles, replica])
    state = ReplicaState(
        100 + replica,
        {"positions": generator.random((3, particles)), "random": np.arange(4, dtype=np.uint64)},
        {"density": generator.integers(0, 9, (2, 12)), "steps": np.array([replica, 1])},
    )
    run = Run("token", 0, 100, "abc", "host", 1.0, 0.9)
    return ReplicaRecord(make_physics(particles), replica, state, [run])


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "task.h5"
    records = [make_record(n, r) for n in (5, 3) for r in (1, 0)]
    write_ensemble(
        path,
        records,
        sampling=document(SAMPLING),
        engines=ENGINES,
        provenance={"perrin": "0"},
    )
    return path


def test_records_come_back_bitwise(path):
    with EnsembleFile(path) as file:
        found = {record.key: record for record in file.records()}
    for particles in (3, 5):
        for replica in (0, 1):
            written = make_record(particles, replica)
            read = found[written.key]
            assert read.physics == written.physics
            assert read.runs == written.runs
            assert read.state.step == written.state.step
            for kind in ("dynamics", "statistics"):
                arrays = getattr(written.state, kind)
                assert getattr(read.state, kind).keys() == arrays.keys()
                for name, array in arrays.items():
                    np.testing.assert_array_equal(getattr(read.state, kind)[name], array)
                    assert getattr(read.state, kind)[name].dtype == array.dtype


def test_replicas_with_fewer_blocks_than_others_are_filled_up(tmp_path):
    short, long = (make_record(3, replica) for replica in (0, 1))
    long.state.statistics["density"] = np.ones((5, 12), dtype=np.int64)
    write_ensemble(tmp_path / "task.h5", [short, long], sampling={}, engines=ENGINES, provenance={})
    with EnsembleFile(tmp_path / "task.h5") as file:
        density = file.statistic(file.groups[0], "density")
    assert density.shape == (2, 5, 12)
    np.testing.assert_array_equal(density[0, :2], short.state.statistics["density"])
    assert not density[0, 2:].any()
    assert density[1].all()


def test_a_file_describes_itself_to_any_hdf5_reader(path):
    with h5py.File(path) as file:
        group = file[sorted(file)[0]]
        assert file.attrs["format"] == "perrin-ensemble-1"
        assert '"seed":1' in file.attrs["physics"]
        assert group["statistics/density"].attrs["unit"] == "1"
        assert list(group["statistics/density"].attrs["axes"]) == [
            "replica",
            "block",
            "species",
            "bin",
        ]
        parameters = json.loads(group.attrs["parameters"])
        assert parameters["friction"]["value"] == 1.0, "defaults are spelt out"
        assert json.loads(file.attrs["settings"])["sampling"]["bin_width"]["value"] == 0.5


def test_rows_say_where_each_replica_is(path):
    with EnsembleFile(path) as file:
        rows = file.rows()
        assert sorted(row.step for row in rows) == [100, 100, 101, 101]
        assert all(file.record(row).key == row.key for row in rows)


def test_no_flipped_bit_goes_unnoticed(path):
    whole = path.read_bytes()
    generator = random.Random(1)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
        path.write_bytes(damaged)
        with pytest.raises(DamagedFileError):
            read_sealed(path)


@pytest.mark.parametrize("length", [0, 10, USER_BLOCK, USER_BLOCK + 100, -1])
def test_no_cut_goes_unnoticed(path, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DamagedFileError):
        EnsembleFile(path)


def test_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "foreign.h5"
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(DamagedFileError, match="not sealed"):
        EnsembleFile(path)


def test_a_sealed_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "other.h5"
    with h5py.File(path, "w", userblock_size=USER_BLOCK) as file:
        file["x"] = 1
    image = bytearray(path.read_bytes())
    seal(image)
    path.write_bytes(image)
    with pytest.raises(DamagedFileError, match="not a perrin ensemble file"):
        EnsembleFile(path)


def test_a_file_that_is_replaced_while_it_is_read_is_not_damaged(path):
    """A worker replaces its checkpoint after every segment; readers look at any time."""
    done = threading.Event()
    contents = path.read_bytes()

    def rewrite():
        number = 0
        while not done.is_set():
            number += 1
            image = bytearray(contents)
            image[-1] = number % 256
            seal(image)
            path.with_suffix(".part").write_bytes(image)
            os.replace(path.with_suffix(".part"), path)

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        for _ in range(2000):
            read_sealed(path)
    finally:
        done.set()
        writer.join()
