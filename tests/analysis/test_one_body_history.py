"""Reductions over time of made-up sums."""

import numpy as np
import pytest

from perrin.analysis.dataset import history_dataset
from perrin.analysis.one_body import NothingComputedError
from perrin.analysis.one_body_history import NoBlocksError, OneBodyHistory
from perrin.analysis.plots import plot_history
from perrin.tests.support.made_up_sums import DENSITY, PARTICLES, Z, blocked_sums, write_sums

SHRINKING = (1.0, 0.5, 0.25)


def sums_of(replica, blocks=3):
    """Blocks in which everything flows and pushes less and less, with noise."""
    sums = blocked_sums(0.001, replica, blocks)
    for name in ("displacement", "internal_force"):
        sums[name] *= np.array(SHRINKING[:blocks])[:, None, None, None]
    return sums


def add(history, path, replicas, blocks=3, particles=PARTICLES):
    values = [sums_of(replica, blocks) for replica in replicas]
    rows = write_sums(path, replicas, values, particles, block_time=1.0)
    return history.compute(path, rows), rows[0].group


def test_every_block_has_its_own_fields(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(8))
    estimates = history.estimates(group)
    assert np.allclose(estimates["density"][0], [DENSITY] * 3)
    # Noise of .001 over a density of .07 at least, in 8 replicas and 50 bins: four errors.
    assert estimates["velocity"][0][:, :, 0].mean(axis=1) == pytest.approx(SHRINKING, abs=0.003)
    # Blocks are written one after the other, each a tau long, after a transient of one.
    assert history.times(group) == pytest.approx([1.5, 2.5, 3.5])


def test_errors_are_the_scatter_of_replicas_in_each_block(tmp_path):
    history, group = add(OneBodyHistory(), tmp_path / "a.h5", range(8))
    _, error = history.estimates(group)["internal_force_density"]
    each = np.array([sums_of(replica)["internal_force"][:, 0] for replica in range(8)])
    norm = blocked_sums()["density"][0, 0, 0] / DENSITY[0]
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


def test_the_current_follows_from_the_force_balance(tmp_path):
    """Displacements that are pure noise leave it as it is, and enter the residual."""
    values = [sums_of(replica) for replica in range(4)]
    for number, sums in enumerate(values):
        sums["displacement"] = np.random.default_rng(number).normal(size=(3, *Z.shape, 3))
    rows = write_sums(tmp_path / "noise.h5", range(4), values, block_time=1.0)
    history, group = OneBodyHistory().compute(tmp_path / "noise.h5", rows), rows[0].group
    estimates = history.estimates(group)
    along_x = estimates["current"][0][:, :, 0]
    # Noise of .001 in 4 replicas: four errors.
    assert along_x == pytest.approx(np.outer(SHRINKING, DENSITY), abs=0.002)
    assert np.abs(estimates["residual"][0][:, :, 0]).max() > 0.01


@pytest.mark.parametrize("block_time", [None, 2.0])
def test_without_a_complete_block_there_is_no_history(tmp_path, block_time):
    rows = write_sums(tmp_path / "a.h5", range(2), [sums_of(0), sums_of(1)], block_time=block_time)
    history = OneBodyHistory().compute(tmp_path / "a.h5", rows)
    with pytest.raises(NoBlocksError, match="block_time"):
        history_dataset(history)


def test_state_points_of_different_size_are_drawn(tmp_path):
    small, large = (
        add(OneBodyHistory(), tmp_path / name, range(2), **box)
        for name, box in (("a.h5", {}), ("b.h5", {"particles": 2 * PARTICLES}))
    )
    dataset = history_dataset(small[0].merge(large[0]))
    padded = dataset.reindex(bin=range(dataset.sizes["bin"] + 3))
    assert plot_history(padded, tmp_path / "a.png", "two") == 2


def test_nothing_computed():
    with pytest.raises(NothingComputedError):
        history_dataset(OneBodyHistory())
