"""Counts that follow the index say what counting anew would."""

import dataclasses

import pytest

from perrin.campaign.claims import Claim
from perrin.campaign.index import Index, IndexedFile
from perrin.campaign.processes import ProcessName
from perrin.campaign.standing import Stage
from perrin.campaign.store import Checkpointed, Store
from perrin.campaign.tally import Tally
from perrin.engines.ensemble import Row


@pytest.fixture
def counted(trial):
    """A plan of eight replicas, an empty store, its tally, and the number of steps of a replica."""
    small = trial()
    store = Store(small.layout, Index())
    (steps,) = {point.total_steps for point in small.plan.points}
    return small.plan, store, Tally(store), steps


def indexed(plan, name, replicas, steps):
    keys = list(plan.wanted)[replicas]
    rows = tuple(Row(key, "group", row, steps) for row, key in enumerate(keys))
    return IndexedFile(name, 1, "digest", plan.sampling_hash, rows)


def counts(tally, plan, quarantined=(), claims=()):
    standing = tally.standing(plan, quarantined, claims)
    return standing.replicas_done, standing.steps_done


def test_published_replicas(counted):
    plan, store, tally, steps = counted
    assert counts(tally, plan) == (0, 0)
    store.index.add(indexed(plan, "a", slice(0, 2), steps))
    assert counts(tally, plan) == (2, 2 * steps)
    store.index.add(indexed(plan, "b", slice(1, 4), steps + 10))
    assert counts(tally, plan) == (4, 4 * steps)
    assert tally.missing(plan) == set(list(plan.wanted)[4:])


def test_forgotten_files(counted):
    plan, store, tally, steps = counted
    store.index.add(indexed(plan, "a", slice(0, 2), steps))
    store.index.add(indexed(plan, "b", slice(1, 3), steps))
    assert counts(tally, plan)[0] == 3
    store.index.discard("a")
    assert counts(tally, plan) == (2, 2 * steps)
    store.index.discard("not there")
    assert counts(tally, plan) == (2, 2 * steps)


def test_another_sampling_counts_nothing(counted):
    plan, store, tally, steps = counted
    other = dataclasses.replace(indexed(plan, "a", slice(0, 2), steps), sampling="other")
    store.index.add(other)
    assert counts(tally, plan) == (0, 0)


def test_shorter_runs_and_checkpoints(counted):
    """The furthest of them counts, and only while the replica is not published."""
    plan, store, tally, steps = counted
    key, sampling = next(iter(plan.wanted)), plan.sampling_hash
    store.index.add(indexed(plan, "short", slice(0, 1), 10))
    assert counts(tally, plan) == (0, 10)
    store.checkpointed[key, sampling] = Checkpointed(store.layout.checkpoints / "a.h5", 30)
    assert counts(tally, plan) == (0, 30)
    store.index.add(indexed(plan, "whole", slice(0, 1), steps))
    assert counts(tally, plan) == (1, steps)


def test_a_plan_that_grew(counted):
    plan, store, tally, steps = counted
    store.index.add(indexed(plan, "a", slice(0, 8), steps))
    assert tally.missing(plan) == set()
    name = plan.points[0].physics.state_point_hash
    grown = plan.extended({name: 6})
    assert len(tally.missing(grown)) == 2
    assert tally.standing(grown, (), ()).replicas_total == 10


def test_quarantine_and_claims(counted):
    plan, store, tally, steps = counted
    store.index.add(indexed(plan, "a", slice(0, 2), steps))
    keys = list(plan.wanted)
    claims = [
        Claim("t", 1, "task", ProcessName("h", "b", 1, 1), 70, 2 * steps, 0, 2, 0.0),
        Claim("u", 1, "task", ProcessName("h", "b", 1, 1), 1, 4, 0, 1, 0.0, title="training"),
    ]
    standing = tally.standing(plan, [keys[0], keys[5], "gone"], claims, [Stage("training", 1, 3)])
    assert standing.replicas_quarantined == 1
    assert standing.replicas_running == 2
    assert standing.replicas_waiting == 8 - 2 - 1 - 2
    assert standing.steps_done == 2 * steps + 70
    assert standing.stages == (Stage("training", 1.25, 3),)
