"""What workers of an older manager left behind, elsewhere."""

import dataclasses
import threading
import time

import pytest

from perrin.campaign import predecessors
from perrin.campaign.claims import Claim, read_claims
from perrin.campaign.journal import Journal, read_events
from perrin.campaign.layout import Layout
from perrin.campaign.predecessors import end_predecessors
from perrin.campaign.processes import ProcessName
from perrin.site_configs.slurm_queue import Job, QueueError

SILENCE = 0.6


@pytest.fixture
def layout(tmp_path, monkeypatch):
    monkeypatch.setattr(predecessors, "FOREIGN_SILENCE_SECONDS", SILENCE)
    monkeypatch.setattr(predecessors, "POLL_SECONDS", 0.02)
    made = Layout(tmp_path)
    made.create()
    return made


def forge(layout, token, block=None):
    foreign = dataclasses.replace(ProcessName.mine(), host="node7", boot="elsewhere")
    numbers = dict.fromkeys(("steps_done", "steps_total", "replicas_done", "replicas_total"), 0)
    claim = Claim(token, 1, "task", foreign, **numbers, updated=0.0, block=block)
    claim.write(layout.claims)
    return claim


def seconds_to_end(layout, monkeypatch, jobs):
    monkeypatch.setattr(predecessors.slurm_queue, "jobs", jobs)
    journal, began = Journal(layout.journal, 2), time.monotonic()
    end_predecessors(layout, journal, 2, lambda _: None, on_slurm=False)
    elapsed = time.monotonic() - began
    journal.close()
    assert list(read_claims(layout.claims)) == []
    return elapsed


def in_queue(*numbers):
    return lambda: [Job(number, "block", "R", None, "", "") for number in numbers]


def no_answer():
    raise QueueError("no answer")


def test_workers_of_blocks_that_are_gone_are_not_waited_for(layout, monkeypatch):
    for number in range(5):
        forge(layout, f"token{number}", block="17")
    assert seconds_to_end(layout, monkeypatch, in_queue("18")) < SILENCE / 2
    ended = [event for event in read_events(layout.journal) if event["event"] == "try-ended"]
    assert [event["ending"] for event in ended] == ["superseded"] * 5


@pytest.mark.parametrize("jobs", [in_queue("17"), no_answer])
def test_all_others_are_waited_for_at_the_same_time(layout, monkeypatch, jobs):
    for number in range(5):
        forge(layout, f"token{number}", block="17" if number else None)
    assert SILENCE <= seconds_to_end(layout, monkeypatch, jobs) < 2 * SILENCE


def test_one_that_speaks_is_given_more_time(layout, monkeypatch):
    silent, speaking = forge(layout, "silent"), forge(layout, "speaking")
    threading.Timer(SILENCE / 2, lambda: speaking.write(layout.claims)).start()
    elapsed = seconds_to_end(layout, monkeypatch, in_queue())
    assert silent.updated < speaking.updated
    assert 1.5 * SILENCE <= elapsed < 2.5 * SILENCE
