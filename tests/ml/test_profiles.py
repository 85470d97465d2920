import dataclasses

import numpy as np
import pytest

from perrin.engines.seal import DamagedFileError
from perrin.ml.profiles import Profiles


def equal(first, second):
    return all(
        np.array_equal(getattr(first, f.name), getattr(second, f.name))
        for f in dataclasses.fields(Profiles)
    )


def test_profiles_survive_a_file(profiles, tmp_path):
    profiles.save(tmp_path / "data.h5", "test")
    assert equal(Profiles.load(tmp_path / "data.h5"), profiles)


def test_a_changed_byte_is_noticed(profiles, tmp_path):
    path = tmp_path / "data.h5"
    profiles.save(path, "test")
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 4
    path.write_bytes(contents)
    with pytest.raises(DamagedFileError):
        Profiles.load(path)


def test_fields_with_empty_places_cannot_be_used(profiles):
    profiles.density[1, 3] = 0.0099
    profiles.velocity[4, 0, 0] = np.nan
    assert profiles.usable.tolist() == [True, False, True, True, False, True]
    chosen = profiles.select(profiles.usable)
    assert chosen.names == ("field0", "field2", "field3", "field5")
    assert np.array_equal(chosen.velocity, profiles.velocity[[0, 2, 3, 5]])


def test_inputs_are_density_then_velocity(profiles):
    assert profiles.inputs.shape == (6, 4, 40)
    assert np.array_equal(profiles.inputs[:, 0], profiles.density)
    assert profiles.bin_width == pytest.approx(0.2)
