import time

import pytest

from perrin.campaign import deadline
from perrin.campaign.deadline import BLOCK_END, MARGIN_SECONDS, Deadline, estimated_need


@pytest.mark.parametrize(
    ("own", "block", "expected"),
    [
        (None, None, None),
        (5.0, None, 5.0),
        (None, "7.5", 7.5),
        (5.0, "7.5", 5.0),
        (9.0, "7.5", 7.5),
    ],
)
def test_the_earlier_end_counts(monkeypatch, own, block, expected):
    if block is None:
        monkeypatch.delenv(BLOCK_END, raising=False)
    else:
        monkeypatch.setenv(BLOCK_END, block)
    assert Deadline.of(own).at == expected


def test_what_can_still_be_done():
    soon = Deadline(time.time() + MARGIN_SECONDS + 10)
    assert soon.forbids(11)
    assert not soon.forbids(9)
    assert not Deadline(None).forbids(1e9)


def test_a_pause_for_those_who_come_too_late_only(monkeypatch):
    pauses = []
    monkeypatch.setattr(deadline.time, "sleep", pauses.append)
    assert not Deadline(None).turns_away(1e9)
    assert not Deadline(time.time() + 100).turns_away(10)
    assert pauses == []
    assert Deadline(time.time() - 1).turns_away(0)
    assert pauses == [deadline.PAUSE_SECONDS]


def test_estimates_are_believed_up_to_a_limit():
    assert estimated_need(10.0) == 15.0
    assert estimated_need(1e6) == estimated_need(deadline.LONGEST_ESTIMATE_SECONDS)
