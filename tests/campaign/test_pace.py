"""How many tries are handed out."""

import pytest

from perrin.campaign import pace
from perrin.campaign.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def paced(clock, ends, seconds):
    made = Pace()
    for _ in range(ends):
        clock[0] += seconds / ends
        made.note_end()
    return made


def test_slow_tries_get_what_the_executor_can_take(clock):
    made = paced(clock, ends=3, seconds=60.0)
    assert made.room(4, 0) == 4
    assert made.room(4, 3) == 1
    assert made.room(4, 4) == 0


def test_fast_tries_get_a_second_of_work_in_large_helpings(clock):
    made = paced(clock, ends=1000, seconds=10.0)
    assert made.room(4, 4) == pytest.approx(96, abs=2)
    assert made.room(4, 60) == 0
    assert made.room(4, 45) == pytest.approx(55, abs=2)


def test_a_pause_is_forgotten(clock):
    made = paced(clock, ends=1000, seconds=10.0)
    clock[0] += 2.0
    assert made.room(4, 0) == 4


def test_nothing_for_a_pool_without_workers(clock):
    assert paced(clock, ends=1000, seconds=1.0).room(0, 0) == 0
