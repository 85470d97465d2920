"""A reduction on workers is the reduction in this process."""

import json
from pathlib import Path

import pytest
import xarray as xr

import perrin.campaign.reduce as reduction
from perrin.campaign.store import Store


@pytest.fixture
def finished(trial):
    def run(executor):
        small = trial(executor=executor, replicas_per_task=1)
        small.run()
        return small

    return run


@pytest.mark.parametrize("executor", ["parsl", "dask"])
def test_files_are_reduced_on_the_executor(finished, monkeypatch, executor):
    small = finished(executor)
    plan, layout = small.plan, small.layout
    here, _ = reduction.reduce_campaign(plan, layout, Store.open(layout))
    monkeypatch.setattr(reduction, "SMALL_NUMBER_OF_FILES", 3)
    there, damaged = reduction.reduce_campaign(plan, layout, Store.open(layout))
    assert damaged == []
    xr.testing.assert_allclose(here, there, rtol=1e-10)


def test_a_partial_campaign_reduces_to_what_is_there(finished):
    small = finished("dask")
    for path in sorted(small.layout.results.glob("*.h5"))[:5]:
        path.unlink()
    fields, _ = reduction.reduce_campaign(small.plan, small.layout, Store.open(small.layout))
    assert int(fields["replicas"].sum()) == 3


@pytest.mark.slow
def test_over_time(trial):
    """Blocks weigh the same, so that their mean is the steady state."""
    small = trial()
    small.path.write_text(
        small.path.read_text().replace("time = 0.2", "time = 0.2\nblock_time = 0.05")
    )
    small.run()
    told = json.loads(small.call("reduce", "--over-time", "--json").stdout)
    assert small.call("reduce").returncode == 0
    history = xr.load_dataset(told["data"])
    steady = xr.load_dataset(small.layout.reduced / "one_body.nc")
    assert history["time"].values == pytest.approx([0.045, 0.095, 0.145, 0.195])
    xr.testing.assert_allclose(history["density"].mean("time"), steady["density"])
    assert Path(told["plot"]).exists()
