"""Reductions over time of made-up sums."""

import numpy as np
import pytest

from perrin.analysis.dataset import history_dataset
from perrin.analysis.one_body import NothingComputedError
from perrin.analysis.one_body_history import OneBodyHistory
from perrin.analysis.plots import plot_history
from perrin.tests.support.made_up_sums import DENSITY, Z, blocked_sums, write_sums

SHRINKING = (1.0, 0.5, 0.25)


def sums_of(replica, blocks=3):
    """Blocks in which everything flows and pushes less and less, with noise."""
    sums = blocked_sums(0.3, replica, blocks)
    for name in ("displacement", "internal_force"):
        sums[name] *= np.array(SHRINKING[:blocks])[:, None, None]
    return sums


def add(history, path, replicas, blocks=3):
    values = [sums_of(replica, blocks) for replica in replicas]
    rows = write_sums(path, replicas, values, block_time=1.0)
    return history.compute(path, rows), rows[0].group


def test_every_block_has_its_own_fields(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(8))
    estimates = history.estimates(group)
    for name, expected in (("density", DENSITY), ("velocity", 1.0)):
        assert estimates[name][0].shape[0] == 3
        assert name == "velocity" or np.allclose(estimates[name][0], expected)
    assert np.allclose(estimates["velocity"][0][:, :, 0].mean(axis=1), SHRINKING)
    # Blocks are written one after the other, each a tau long, after a transient of one.
    assert history.times(group) == pytest.approx([1.5, 2.5, 3.5])


def test_errors_are_the_scatter_of_replicas_in_each_block(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(8))
    _, error = history.estimates(group)["internal_force_density"]
    each = np.array([sums_of(replica)["internal_force"] for replica in range(8)])
    norm = blocked_sums()["density"][0, 0] / DENSITY[0]
    expected = each.std(axis=0, ddof=1) / np.sqrt(8) / norm
    assert error == pytest.approx(expected)


def test_blocks_that_a_shorter_run_lacks_are_left_out(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(3))
    other, _ = add(OneBodyHistory(), tmp_path / "b.h5", range(3, 6), blocks=2)
    for total in (OneBodyHistory().merge(history).merge(other), other.merge(history)):
        assert total.times(group) == pytest.approx([1.5, 2.5])
        assert total.estimates(group)["velocity"][0].shape[0] == 2
        assert np.isfinite(total.estimates(group)["velocity"][1]).all()


def test_data_set_and_picture(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(4))
    dataset = history_dataset(history)
    density = dataset["density"].sel(state_point=group)
    assert density.dims == ("time", "bin")
    assert density["z"].values == pytest.approx(Z)
    assert dataset["time"].attrs["units"] == "tau"
    assert int(dataset["replicas"].squeeze()) == 4
    assert plot_history(dataset, tmp_path / "a.png", "made up") == 1
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_single_replica_has_no_error(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(1))
    assert np.isnan(history.estimates(group)["density"][1]).all()


def test_nothing_computed():
    with pytest.raises(NothingComputedError):
        history_dataset(OneBodyHistory())
