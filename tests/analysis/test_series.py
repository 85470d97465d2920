"""Series in time: mean and scatter of replicas at each instant."""

import numpy as np
import pytest

from perrin.analysis.dataset import history_dataset, one_body_dataset
from perrin.analysis.one_body import OneBodyFields
from perrin.analysis.one_body_history import OneBodyHistory
from perrin.analysis.series import Series
from perrin.analysis.series_plot import plot_series
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.ensemble import EnsembleFile
from perrin.engines.molecular.engine import MolecularEngine
from perrin.tests.support.made_up_sums import write
from perrin.tests.support.reducing import reduced, simulated

SAMPLES = 7


def made_up(replicas, samples=SAMPLES, seed=0):
    """Steps and values of replicas, all of which took every sample."""
    values = np.random.default_rng(seed).normal(-3.0, 1e-3, (replicas, samples, 2))
    return np.tile(10 * np.arange(samples) + 1, (replicas, 1)), values


def expect_estimates(series, values):
    """Mean and standard error of the values, (R, S, 2)."""
    for quantity, (mean, error) in enumerate(series.estimates().values()):
        each = values[..., quantity]
        np.testing.assert_allclose(mean, each.mean(axis=0), rtol=1e-14)
        expected = each.std(axis=0, ddof=1) / np.sqrt(len(each))
        np.testing.assert_allclose(error, expected, rtol=1e-9)


@pytest.mark.parametrize("cuts", [(), (4,), (1, 2, 9)])
def test_parts_merge_to_mean_and_standard_error_of_all(cuts):
    step, values = made_up(10)
    parts = [
        Series.of(*part) for part in zip(np.split(step, cuts), np.split(values, cuts), strict=True)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total.merged(part)
    expect_estimates(total, values)
    assert total.times(0.5).tolist() == [5.0 * sample for sample in range(SAMPLES)]


def test_late_samples_are_those_of_the_replicas_that_took_them():
    """In one file and in two, in either order."""
    (step, values), (later_step, longer) = made_up(3, 4), made_up(5, 7, seed=1)
    padded = np.concatenate([values, np.zeros((3, 3, 2))], axis=1)
    padded_step = np.concatenate([step, np.zeros((3, 3), dtype=np.int64)], axis=1)
    short, long = Series.of(step, values), Series.of(later_step, longer)
    together = Series.of(
        np.concatenate([padded_step, later_step]), np.concatenate([padded, longer])
    )
    for total in (short.merged(long), long.merged(short), together):
        (mean, error), _ = total.estimates().values()
        assert total.count.tolist() == [8] * 4 + [5] * 3
        both = np.concatenate([values[:, :4, 0], longer[:, :4, 0]])
        np.testing.assert_allclose(mean[:4], both.mean(axis=0), rtol=1e-14)
        np.testing.assert_allclose(mean[4:], longer[:, 4:, 0].mean(axis=0), rtol=1e-14)
        expected = longer[:, 4:, 0].std(axis=0, ddof=1) / np.sqrt(5)
        np.testing.assert_allclose(error[4:], expected, rtol=1e-9)
    alone = Series.of(padded_step, padded)
    assert alone.times(0.5).tolist() == [0.0, 5.0, 10.0, 15.0]
    expect_estimates(alone, values)


def test_a_single_replica_has_no_error():
    for value, error in Series.of(*made_up(1)).estimates().values():
        assert np.isfinite(value).all()
        assert np.isnan(error).all()


def sampling(**more):
    """Energies at the instants of the series, a block each."""
    return {
        "transient_time": 0.0,
        "energy_interval": 20,
        "bin_width": 2.0,
        "series": {"interval": 20},
        **more,
    }


def brownian(time=0.02):
    return BrownianEngine(
        BrownianEngine.Parameters(
            particles=40,
            box_length=8.0,
            box_shape=(1, 1),
            temperature=1.5,
            potential={"kind": "lennard-jones"},
        ),
        BrownianEngine.Dynamics(time_step=1e-4, bulk_time=0.01),
        BrownianEngine.Sampling(time=time, block_time=0.002, **sampling()),
    )


def molecular(time=0.2):
    return MolecularEngine(
        MolecularEngine.Parameters(
            particles=60,
            box_length=5.0,
            composition=(3, 1),
            temperature=1.0,
            potential={"kind": "kob-andersen"},
        ),
        MolecularEngine.Dynamics(time_step=1e-3, bulk_time=0.1),
        MolecularEngine.Sampling(time=time, block_time=0.02, **sampling()),
    )


@pytest.mark.parametrize("engine", [brownian, molecular])
def test_instants_are_the_blocks_that_hold_one_sample(tmp_path, engine):
    """Energy and pressure by the kernels of the engines, in two and in three dimensions."""
    simulation = engine()
    states = simulated(simulation, 3)
    fields, _ = reduced(tmp_path / "a.h5", simulation, states)
    dataset = one_body_dataset(fields).isel(state_point=0)
    with EnsembleFile(tmp_path / "a.h5") as file:
        history = OneBodyHistory().compute(tmp_path / "a.h5", file.rows())
    blocks = history_dataset(history).isel(state_point=0)
    assert dataset["energy_series"].dims == ("series_time",)
    assert dataset["pressure_series"].attrs["units"] == "epsilon/sigma^3"
    assert dataset["series_time"].attrs["units"] == "tau"
    step = simulation.dynamics.time_step
    np.testing.assert_allclose(dataset["series_time"], 20 * step * np.arange(10))
    for name in ("energy", "pressure"):
        for end in ("", "_error"):
            found, expected = dataset[f"{name}_series{end}"], blocks[f"{name}{end}"]
            np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_array_equal(
        history_dataset(history)["energy_series"][0], dataset["energy_series"]
    )
    assert dataset["energy_series"].mean() == pytest.approx(float(dataset["energy"]))


def test_replicas_that_are_yet_to_be_extended_are_reduced_with_longer_ones(tmp_path):
    short, long = simulated(brownian(0.012), 2), simulated(brownian(), 4)
    fields, group = reduced(tmp_path / "a.h5", brownian(), [*long, *short])
    series = fields.series[group]
    assert series.count.tolist() == [6] * 6 + [4] * 4
    pieces = OneBodyFields()
    with EnsembleFile(tmp_path / "a.h5") as file:
        rows = file.rows()
    for row in rows:
        pieces.merge(OneBodyFields().compute(tmp_path / "a.h5", [row]))
    for name, (mean, error) in series.estimates().items():
        merged = pieces.series[group].estimates()[name]
        np.testing.assert_allclose(merged[0], mean, rtol=1e-12)
        np.testing.assert_allclose(merged[1], error, rtol=1e-9)


def test_state_points_with_fewer_samples_share_a_dataset(tmp_path):
    short, long = brownian(0.012), molecular()
    fields, _ = reduced(tmp_path / "a.h5", short, simulated(short, 2))
    fields.merge(reduced(tmp_path / "b.h5", long, simulated(long, 2))[0])
    dataset = one_body_dataset(fields)
    numbers = dataset["energy_series"].notnull().sum("series_time").values
    assert sorted(numbers) == [6, 10]
    assert plot_series(dataset, tmp_path / "a.png", "made up") == 2
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_without_series_there_is_nothing_to_draw(tmp_path):
    fields = OneBodyFields().compute(tmp_path / "a.h5", write(tmp_path / "a.h5", range(2)))
    dataset = one_body_dataset(fields)
    assert "energy_series" not in dataset
    assert plot_series(dataset, tmp_path / "a.png", "made up") == 0
