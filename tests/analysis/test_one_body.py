"""Reductions of made-up sums whose fields are known exactly."""

import dataclasses
import math

import numpy as np
import pytest

from perrin.analysis.dataset import one_body_dataset
from perrin.analysis.grouped_sums import CountedTwiceError
from perrin.analysis.one_body import (
    MixedEnsemblesError,
    NothingComputedError,
    OneBodyFields,
    periodic_derivative,
)
from perrin.engines.engine import ReplicaState
from perrin.engines.ensemble import EnsembleFile, ReplicaRecord, write_ensemble
from perrin.tests.support.made_up_sums import (
    BINS,
    DENSITY,
    LENGTH,
    PARTICLES,
    STEPS,
    WIDTH,
    K,
    Z,
    blocked_sums,
    engines_of,
    physics,
    write,
    write_sums,
)


def reduced(path, *arguments, **options):
    rows = write(path, *arguments, **options)
    return OneBodyFields().compute(path, rows), rows[0].group


def test_fields_follow_from_sums(tmp_path):
    rows = write(tmp_path / "a.h5", range(2))
    fields = OneBodyFields().compute(tmp_path / "a.h5", rows)
    found = {name: value for name, (value, _) in fields.estimates(rows[0].group).items()}
    np.testing.assert_allclose(found["density"], DENSITY)
    np.testing.assert_allclose(found["velocity"][:, 0], 1.0)
    np.testing.assert_allclose(found["velocity"][:, 1], 0.0)
    np.testing.assert_allclose(found["velocity"][:, 2], 0.05 / DENSITY)
    np.testing.assert_allclose(found["external_force"], 0.0)
    np.testing.assert_allclose(found["energy"], -2.0)
    np.testing.assert_allclose(found["pressure"], 0.1 * 1.5 + 6.0 / (3 * LENGTH**3))


def test_the_residual_of_a_balanced_state_is_the_error_of_the_derivative(tmp_path):
    rows = write(tmp_path / "a.h5", range(2))
    residual, _ = (
        OneBodyFields().compute(tmp_path / "a.h5", rows).estimates(rows[0].group)["residual"]
    )
    largest = 1.5 * WIDTH**4 / 30 * 0.03 * K**4
    np.testing.assert_allclose(residual, 0.0, atol=1.01 * largest)


def test_the_derivative_is_of_fourth_order():
    errors = []
    for bins in (20, 40):
        edges = np.linspace(0, 2 * np.pi, bins + 1)
        sine = np.diff(-np.cos(edges)) / np.diff(edges)
        cosine = np.diff(np.sin(edges)) / np.diff(edges)
        errors.append(np.abs(periodic_derivative(sine, 2 * np.pi / bins) - cosine).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.1)


def test_errors_come_from_the_scatter_of_replicas(tmp_path):
    """The error of an error of 60 replicas is 9 %; over 150 numbers it averages to 1 %."""
    rows = write(tmp_path / "a.h5", range(60), noise=0.01)
    fields = OneBodyFields().compute(tmp_path / "a.h5", rows)
    _, error = fields.estimates(rows[0].group)["internal_force_density"]
    assert np.sqrt((error**2).mean()) == pytest.approx(0.01 / np.sqrt(60), rel=0.03)


def test_errors_of_a_single_replica_come_from_the_scatter_of_blocks(tmp_path):
    fields, group = reduced(tmp_path / "a.h5", [3], noise=0.01, blocks=60)
    value, error = fields.estimates(group)["internal_force_density"]
    assert np.sqrt((error**2).mean()) == pytest.approx(0.01 / np.sqrt(60), rel=0.03)
    np.testing.assert_allclose(value[:, 1], 0.0, atol=5 * 0.01 / np.sqrt(60))


def test_blocks_of_several_replicas_change_neither_fields_nor_errors(tmp_path):
    sums = [blocked_sums(0.1, replica, 5) for replica in range(4)]
    totals = [{name: v.sum(axis=0, keepdims=True) for name, v in s.items()} for s in sums]
    rows = write_sums(tmp_path / "blocks.h5", range(4), sums)
    write_sums(tmp_path / "totals.h5", range(4), totals)
    group = rows[0].group
    blocked = OneBodyFields().compute(tmp_path / "blocks.h5", rows).estimates(group)
    whole = OneBodyFields().compute(tmp_path / "totals.h5", rows).estimates(group)
    for name, pair in whole.items():
        np.testing.assert_array_equal(blocked[name], pair)


def test_one_replica_of_one_block_has_no_error(tmp_path):
    fields, group = reduced(tmp_path / "a.h5", [0])
    for value, error in fields.estimates(group).values():
        assert np.isfinite(value).all()
        assert np.isnan(error).all()
    assert math.isnan(fields.balance(group)[0])
    assert all(map(math.isnan, fields.steadiness(group).values()))


def test_empty_blocks_count_for_nothing(tmp_path):
    """They are what a short replica has in a file beside a long one."""
    sums = blocked_sums(0.1, 0, 6)
    padded = {name: np.concatenate([v, np.zeros_like(v[:2])]) for name, v in sums.items()}
    group = write_sums(tmp_path / "a.h5", [0], [sums])[0].group
    rows = write_sums(tmp_path / "b.h5", [0], [padded])
    plain, filled = (
        one_body_dataset(OneBodyFields().compute(tmp_path / name, rows))
        for name in ("a.h5", "b.h5")
    )
    assert plain.identical(filled)
    assert plain["state_point"] == group


def test_the_balance_of_a_single_replica_is_tested_on_its_complete_blocks(tmp_path):
    """12 complete blocks of pure noise, on 4 numbers; the incomplete one would spoil it."""
    sums = blocked_sums(0.1, 0, 13)
    sums["steps"][-1] = 1
    rows = write_sums(tmp_path / "a.h5", [0], [sums])
    p_value, numbers = OneBodyFields().compute(tmp_path / "a.h5", rows).balance(rows[0].group)
    assert numbers == 4
    assert 0.01 < p_value <= 1
    sums["balance_modes"] += 5.0
    write_sums(tmp_path / "b.h5", [0], [sums])
    assert OneBodyFields().compute(tmp_path / "b.h5", rows).balance(rows[0].group)[0] < 1e-3


def test_a_transient_that_is_not_over_shows_in_the_dataset(tmp_path):
    """Steadiness of 150 independent numbers and 10 blocks: 1.00(6) without a drift.

    The one here decays over 3 blocks; where it dominates, it makes 3.5.
    """
    steady = [blocked_sums(0.01, replica, 10) for replica in range(2)]
    drifting = [{name: v.copy() for name, v in sums.items()} for sums in steady]
    for sums in drifting:
        sums["internal_force"] *= 1 + np.exp(-np.arange(10) / 3)[:, None, None, None]
    found = []
    for name, sums in (("a.h5", steady), ("b.h5", drifting)):
        rows = write_sums(tmp_path / name, range(2), sums)
        found.append(one_body_dataset(OneBodyFields().compute(tmp_path / name, rows)))
    assert float(found[0]["internal_force_steadiness"][0]) == pytest.approx(1.0, abs=0.25)
    assert float(found[1]["internal_force_steadiness"][0]) > 2.0
    assert found[1]["internal_force_steadiness"].attrs["units"] == "1"
    assert found[0]["blocks"].values.tolist() == [10]


def test_replicas_with_different_numbers_of_blocks_merge(tmp_path):
    fields, group = reduced(tmp_path / "short.h5", [0], 0.1, blocks=5)
    longer, _ = reduced(tmp_path / "long.h5", [1], 0.1, blocks=8)
    fields.merge(longer)
    assert fields.blocks[group]["steps"].tolist() == [2 * STEPS] * 5 + [STEPS] * 3
    together = write_sums(
        tmp_path / "both.h5", range(2), [blocked_sums(0.1, 0, 5), blocked_sums(0.1, 1, 8)]
    )
    whole = OneBodyFields().compute(tmp_path / "both.h5", together)
    for name, pair in whole.estimates(group).items():
        np.testing.assert_allclose(fields.estimates(group)[name], pair, rtol=1e-12, atol=1e-14)
    assert fields.steadiness(group) == pytest.approx(whole.steadiness(group), nan_ok=True)


def test_blocks_of_different_lengths_do_not_mix(tmp_path):
    rows = [
        write_sums(tmp_path / f"{replica}.h5", [replica], [blocked_sums()], block_time=time)
        for replica, time in enumerate((0.1, 0.2))
    ]
    fields = OneBodyFields().compute(tmp_path / "0.h5", rows[0])
    with pytest.raises(MixedEnsemblesError, match=r"two block_time: 0\.1 and 0\.2"):
        fields.compute(tmp_path / "1.h5", rows[1])


def test_no_replica_counts_twice(tmp_path):
    fields, _ = reduced(tmp_path / "a.h5", [0])
    with pytest.raises(CountedTwiceError):
        fields.merge(reduced(tmp_path / "a.h5", [0])[0])


def test_files_merge_to_the_same_fields(tmp_path):
    everything = write(tmp_path / "all.h5", range(10), noise=0.1)
    first, second = (write(tmp_path / f"{r[0]}.h5", r, 0.1) for r in (range(4), range(4, 10)))
    whole = OneBodyFields().compute(tmp_path / "all.h5", everything)
    merged = OneBodyFields().compute(tmp_path / "0.h5", first)
    merged.merge(OneBodyFields().compute(tmp_path / "4.h5", second))
    group = everything[0].group
    for name, (value, error) in whole.estimates(group).items():
        np.testing.assert_allclose(merged.estimates(group)[name][0], value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(merged.estimates(group)[name][1], error, rtol=1e-9, atol=1e-12)


def test_the_dataset_is_labelled(tmp_path):
    fields = OneBodyFields()
    for particles in (PARTICLES, 200):
        path = tmp_path / f"{particles}.h5"
        fields.compute(path, write(path, range(3), 0.1, particles))
    dataset = one_body_dataset(fields)
    assert dict(dataset["velocity"].sizes) == {"state_point": 2, "bin": BINS, "component": 3}
    assert dataset["velocity"].attrs["units"] == "sigma/tau"
    assert sorted(dataset["particles"].values) == [PARTICLES, 200]
    assert (dataset["replicas"] == 3).all()
    np.testing.assert_allclose(dataset["z"].isel(state_point=0), Z)
    dataset.to_netcdf(tmp_path / "fields.nc", engine="h5netcdf")


def test_state_points_of_different_boxes_share_a_dataset(tmp_path):
    """What a shorter profile lacks is NaN."""
    small = {**physics().state_point, "box_length": 8.0}
    sums = {
        name: value[:, :, :40] if value.shape[2:3] == (BINS,) else value
        for name, value in blocked_sums().items()
    }
    other = dataclasses.replace(physics(), state_point=small)
    record = ReplicaRecord(other, 0, ReplicaState(1, {"x": np.zeros(1)}, sums))
    engines = engines_of([record])
    write_ensemble(tmp_path / "b.h5", [record], sampling={}, engines=engines, provenance={})
    fields = OneBodyFields().compute(tmp_path / "a.h5", write(tmp_path / "a.h5", range(2)))
    with EnsembleFile(tmp_path / "b.h5") as file:
        rows = file.rows()
    dataset = one_body_dataset(fields.compute(tmp_path / "b.h5", rows))
    assert dataset["z"].sizes == {"state_point": 2, "bin": BINS}
    assert dataset["density"].notnull().sum("bin").values.tolist() in ([40, 50], [50, 40])


def test_asking_too_early_is_an_error():
    with pytest.raises(NothingComputedError):
        one_body_dataset(OneBodyFields())
    with pytest.raises(NothingComputedError):
        OneBodyFields().estimates("abc")
    with pytest.raises(NothingComputedError):
        OneBodyFields().steadiness("abc")
