"""A reduction on workers is the reduction in this process."""

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
