"""A worker on its own, in this process."""

import dataclasses
import json
import time

import pytest

from perrin.analysis.dataset import one_body_dataset
from perrin.analysis.one_body import OneBodyFields
from perrin.campaign.deadline import BLOCK_END, MARGIN_SECONDS
from perrin.campaign.drain import request_drain
from perrin.campaign.lease import Lease
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try
from perrin.campaign.worker import Outcome, SimulationTry, run_try
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.ensemble import EnsembleFile


@pytest.fixture
def prepared(trial):
    """A campaign with a lease, and the tries of all its tasks."""
    small = trial(replicas=3, replicas_per_task=6)
    small.layout.create()
    Lease.acquire(small.layout.lease)
    store = Store.open(small.layout)
    tasks = small.plan.tasks(small.plan.pending(store, ()), str(small.layout.root))
    return small, tasks[0]


def with_blocks(small, block_time):
    text = small.path.read_text()
    small.path.write_text(text.replace("[sampling]\n", f"[sampling]\nblock_time = {block_time}\n"))
    return small


def only_task(small, sources=()):
    small.layout.create()
    (task,) = small.plan.tasks(
        small.plan.pending(Store.open(small.layout), ()), str(small.layout.root)
    )
    return dataclasses.replace(task, sources=[str(source) for source in sources])


def outcome_of(attempt):
    return Outcome.from_document(json.loads(json.dumps(run_try(attempt.to_json()))))


def test_it_publishes_what_it_computed(prepared, undisturbed):
    small, task = prepared
    outcome = outcome_of(Try(task, "token", 1))
    assert outcome.ending == "published"
    assert small.data() == undisturbed(small.plan)
    with EnsembleFile(small.layout.results / outcome.file) as file:
        assert file.digest == outcome.digest
        assert file.rows() == outcome.rows
        assert {run.token for record in file.records() for run in record.runs} == {"token"}
        assert file.provenance["token"] == "token"
    small.assert_nothing_left()


def test_the_second_of_two_tries_changes_nothing(prepared):
    small, task = prepared
    first = outcome_of(Try(task, "first", 1))
    contents = (small.layout.results / first.file).read_bytes()
    second = outcome_of(Try(task, "second", 1))
    assert second.ending == "published"
    assert second.digest == ""
    assert (small.layout.results / first.file).read_bytes() == contents
    small.assert_nothing_left()


def test_it_leaves_when_drained(prepared):
    small, task = prepared
    request_drain(small.layout.lease, 1)
    assert outcome_of(Try(task, "token", 1)).ending == "drained"
    assert list(small.layout.results.iterdir()) == []


def test_it_leaves_when_fenced_off(prepared):
    small, task = prepared
    Lease.acquire(small.layout.lease, takeover=True)
    assert outcome_of(Try(task, "token", 1)).ending == "drained"
    assert outcome_of(Try(task, "token", 2)).ending == "published"


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr("perrin.campaign.deadline.PAUSE_SECONDS", 0.0)


@pytest.mark.usefixtures("no_pause")
def test_it_leaves_before_its_deadline_and_the_next_try_goes_on(prepared, undisturbed):
    """Each block lasts a little longer than the one before, the first too short for anything."""
    small, task = prepared
    ended = []
    while "published" not in ended:
        sources = [str(path) for path in small.layout.checkpoints.glob("*.h5")]
        again = dataclasses.replace(task, sources=sources)
        deadline = time.time() + MARGIN_SECONDS + 0.02 * len(ended)
        ended.append(outcome_of(Try(again, f"try{len(ended)}", 1, deadline)).ending)
    assert ended[0] == "drained"
    assert small.data() == undisturbed(small.plan)


def test_the_end_of_the_block_is_a_deadline(prepared, monkeypatch):
    """Neither the time that a try is given nor the environment can put off the other."""
    small, task = prepared
    slow = dataclasses.replace(task, segment_seconds=10.0)
    monkeypatch.setattr("perrin.campaign.deadline.PAUSE_SECONDS", 0.1)
    now = time.time()
    for left, block_left, ending in (
        (1e4, 19, "drained"),
        (19, 1e4, "drained"),
        (30, 30, "published"),
    ):
        monkeypatch.setenv(BLOCK_END, str(now + block_left))
        assert outcome_of(Try(slow, "token", 1, now + left)).ending == ending
    small.assert_nothing_left()


def test_where_there_is_no_time_for_a_segment_it_does_not_ask_for_more_at_once(prepared):
    """It waits without a claim, so that the end of the block is nobody's crash."""
    small, task = prepared
    seen = []

    def pause():
        seen.append(list(small.layout.claims.iterdir()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perrin.campaign.deadline.pause", pause)
        assert outcome_of(Try(task, "token", 1, time.time() + 1)).ending == "drained"
    assert seen == [[]]


def test_a_long_estimate_does_not_keep_a_block_from_working(prepared):
    _, task = prepared
    endless = dataclasses.replace(task, segment_seconds=1e6)
    assert outcome_of(Try(endless, "token", 1, time.time() + 120)).ending == "published"


def test_blocks_of_a_shorter_run_are_continued(trial, undisturbed):
    """Blocks of 300 steps; the shorter run ends after 1000 sampled ones, the longer after 3000."""
    options = {"replicas": 2, "replicas_per_task": 4, "segment_steps": 450}
    short = with_blocks(trial(time=0.1, **options), 0.03)
    first = outcome_of(Try(only_task(short), "short", 1))
    long = with_blocks(trial(time=0.3, **options), 0.03)
    outcome = outcome_of(Try(only_task(long, [short.layout.results / first.file]), "long", 1))
    (short.layout.results / first.file).unlink()
    assert long.data() == undisturbed(long.plan)
    with EnsembleFile(long.layout.results / outcome.file) as file:
        shapes = {file.statistic(group, "density").shape for group in file.groups}
        assert shapes == {(2, 10, 1, 60)}
    fields = OneBodyFields().compute(long.layout.results / outcome.file, outcome.rows)
    assert one_body_dataset(fields)["density_steadiness"].notnull().all()


def test_a_replica_that_got_further_than_wanted_shares_a_file_with_others(trial, monkeypatch):
    """A longer run was stopped in its first replica, at step 2000, and shortened to 1400 steps."""
    options = {"replicas": 2, "replicas_per_task": 4, "segment_steps": 2000}
    long = with_blocks(trial(time=0.3, **options), 0.03)
    advance = BrownianEngine.advance

    def last_segment(engine, state, until):
        advance(engine, state, until)
        request_drain(long.layout.lease, 1)

    task = only_task(long)
    with monkeypatch.context() as patch:
        patch.setattr(BrownianEngine, "advance", last_segment)
        assert outcome_of(Try(task, "long", 1)).ending == "drained"
    short = with_blocks(trial(time=0.1, **options), 0.03)
    again = only_task(short, long.layout.checkpoints.glob("*.h5"))
    outcome = outcome_of(Try(again, "short", 2))
    assert sorted(row.step for row in outcome.rows) == [1400, 1400, 1400, 2000]
    fields = OneBodyFields().compute(short.layout.results / outcome.file, outcome.rows)
    blocks = sorted(sums["steps"].tolist() for sums in fields.blocks.values())
    assert blocks == [[600, 600, 600, 200], [600, 600, 600, 400, 300, 100, 0, 0, 0, 0]]


def test_damaged_sources_are_not_used(prepared, undisturbed):
    small, task = prepared
    source = small.layout.checkpoints / "old.h5"
    source.write_bytes(b"rubbish")
    again = dataclasses.replace(task, sources=[str(source)])
    assert outcome_of(Try(again, "token", 1)).ending == "published"
    assert small.data() == undisturbed(small.plan)


def test_a_source_that_is_not_there_is_no_reason_to_start_from_scratch(prepared, monkeypatch):
    """Nor is it a failure: a try that was given up may have finished, and removed it."""
    small, task = prepared
    monkeypatch.setattr("perrin.campaign.sources.VISIBILITY_SECONDS", 0.3)
    again = dataclasses.replace(task, sources=[str(small.layout.checkpoints / "gone.h5")])
    outcome = outcome_of(Try(again, "token", 1))
    assert (outcome.ending, outcome.failures) == ("drained", {})
    assert "source of this task" in outcome.reason
    assert list(small.layout.results.iterdir()) == list(small.layout.claims.iterdir()) == []


def checkpoints_of(monkeypatch):
    """Count what is written to checkpoints: replicas of each."""
    found = []
    write = SimulationTry._write

    def counting(attempt, path, records):
        if "checkpoints" in path.parts:
            found.append(len(records))
        return write(attempt, path, records)

    monkeypatch.setattr(SimulationTry, "_write", counting)
    return found


def test_replicas_shorter_than_a_segment_share_checkpoints(prepared, undisturbed, monkeypatch):
    small, task = prepared
    found = checkpoints_of(monkeypatch)
    short = dataclasses.replace(task, segment_steps=10**6, segment_seconds=1000.0)
    assert outcome_of(Try(short, "token", 1)).ending == "published"
    assert found == []
    assert small.data() == undisturbed(small.plan)


def test_no_more_than_the_time_of_a_segment_is_at_stake(prepared, monkeypatch):
    found = checkpoints_of(monkeypatch)
    short = dataclasses.replace(prepared[1], segment_steps=10**6, segment_seconds=1e-9)
    assert outcome_of(Try(short, "token", 1)).ending == "published"
    assert found == [1, 2, 3, 4, 5, 6]


def test_what_is_not_saved_yet_is_saved_by_who_leaves(prepared, monkeypatch):
    """A replica is done and shares no checkpoint yet when the drain comes."""
    small, task = prepared
    short = dataclasses.replace(task, segment_steps=10**6, segment_seconds=1000.0)
    advance = SimulationTry._advance

    def and_drain(attempt, members):
        advance(attempt, members)
        request_drain(small.layout.lease, 1)

    monkeypatch.setattr(SimulationTry, "_advance", and_drain)
    assert outcome_of(Try(short, "token", 1)).ending == "drained"
    (kept,) = small.checkpointed().values()
    assert kept[0].state.step == small.plan.points[0].total_steps


def test_a_replica_that_raises_keeps_its_checkpoint(prepared, monkeypatch):
    small, task = prepared
    advance = BrownianEngine.advance

    def fragile(engine, state, until):
        if engine.parameters.particles == 40 and until > 1000:
            state.step = 10**9
            raise MemoryError("no more")
        advance(engine, state, until)

    monkeypatch.setattr(BrownianEngine, "advance", fragile)
    outcome = outcome_of(Try(task, "token", 1))
    assert outcome.ending == "published"
    assert len(outcome.rows) == len(outcome.failures) == 3
    kept = {key: records[0].state.step for key, records in small.checkpointed().items()}
    assert {kept[key] for key in outcome.failures} == {1000}
