"""What is read of checkpoints, and how often."""

import dataclasses

import pytest

from perrin.campaign import store as store_module
from perrin.campaign.drain import request_drain
from perrin.campaign.lease import Lease
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try
from perrin.campaign.worker import SimulationTry, run_try
from perrin.engines.ensemble import EnsembleFile


@pytest.fixture
def left(trial, monkeypatch):
    """A store of a campaign whose only try left after one segment, and how to run another one."""
    small = trial(replicas=1, replicas_per_task=2)
    small.layout.create()
    lease = Lease.acquire(small.layout.lease)
    store = Store.open(small.layout)
    (task,) = small.plan.tasks(small.plan.pending(store, ()), str(small.layout.root))
    advance = SimulationTry._advance

    def and_drain(attempt, members):
        advance(attempt, members)
        request_drain(small.layout.lease, lease.generation)

    monkeypatch.setattr(SimulationTry, "_advance", and_drain)

    def run(token, **changes):
        (small.layout.lease / f"{lease.generation:06d}.drain").unlink(missing_ok=True)
        run_try(Try(dataclasses.replace(task, **changes), token, lease.generation).to_json())

    run("first")
    return store, run


@pytest.fixture
def opened(monkeypatch):
    """Names of the ensemble files that are opened."""
    names = []

    class Noted(EnsembleFile):
        def __init__(self, path):
            names.append(path.name)
            super().__init__(path)

    monkeypatch.setattr(store_module, "EnsembleFile", Noted)
    return names


def steps(store):
    return sorted(checkpoint.step for checkpoint in store.checkpointed.values())


def test_a_checkpoint_is_read_once(left, opened):
    store, _ = left
    for _ in range(3):
        store.read_checkpoints()
        assert steps(store) == [500]
    assert opened == ["first.h5"]


def test_a_checkpoint_that_was_replaced_is_read_again(left, opened):
    store, run = left
    store.read_checkpoints()
    run("first", sources=[str(store.layout.checkpoints / "first.h5")])
    store.read_checkpoints()
    assert steps(store) == [1000]
    assert opened == ["first.h5"] * 2


def test_the_furthest_of_several_counts(left, opened):
    store, run = left
    run("second", sources=[str(store.layout.checkpoints / "first.h5")])
    store.read_checkpoints()
    assert steps(store) == [1000]
    (store.layout.checkpoints / "second.h5").unlink()
    store.read_checkpoints()
    assert steps(store) == [500]
    assert opened == ["first.h5", "second.h5"]
