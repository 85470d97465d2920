"""Where the time went, from journals written by hand."""

import pytest

from perrin.campaign.report.spending import Stage, measure_spending, union

PROCESSORS = {Stage.SIMULATE: 2, Stage.TRAIN: 3, Stage.EXPLORE: 1}


def started(time, generation=1):
    return {"time": time, "event": "manager-started", "generation": generation}


def handed_out(time, token):
    return {"time": time, "event": "try", "task": "-", "token": token}


def ended(time, token, task, start=None, published=None, ending="published"):
    stages = {"started": start, "published": published}
    stages = {name: value for name, value in stages.items() if value is not None}
    event = {"time": time, "event": "try-ended", "token": token, "task": task, "ending": ending}
    return {**event, "stages": stages} if stages else event


def by_stage(events):
    spending = measure_spending(events, PROCESSORS)
    return spending, {each.stage: each for each in spending.stages}


def test_union():
    assert union([(3, 4), (0, 2), (1, 2.5), (3.5, 3.7)]) == ((0, 2.5), (3, 4))


def test_stages_side_by_side():
    """Two simulations that overlap, a training, and 3 seconds in which nothing runs."""
    spending, found = by_stage(
        [
            started(100.0),
            handed_out(100.5, "a"),
            handed_out(100.5, "b"),
            handed_out(100.5, "c"),
            ended(104.0, "a", "0123", 101.0, 104.0),
            ended(106.0, "b", "4567", 102.0, 106.0),
            ended(112.0, "c", "train-01", 108.0, 112.0),
            {"time": 112.0, "event": "manager-ended"},
        ]
    )
    assert spending.wall == 12.0
    simulate, train, rest = found[Stage.SIMULATE], found[Stage.TRAIN], found[Stage.REST]
    assert (simulate.tries, simulate.wall, simulate.core) == (2, 5.0, 14.0)
    assert (train.tries, train.wall, train.core) == (1, 4.0, 12.0)
    assert (rest.wall, rest.core) == (3.0, 0.0)
    assert simulate.intervals == ((1.0, 6.0),)
    assert rest.intervals == ((0.0, 1.0), (6.0, 8.0))
    assert Stage.EXPLORE not in found


def test_pauses_between_managers_do_not_count():
    spending, found = by_stage(
        [
            started(0.0),
            ended(10.0, "a", "explore-01", 5.0, 10.0),
            {"time": 10.0, "event": "manager-ended"},
            started(1000.0, generation=2),
            ended(1004.0, "b", "explore-02", 1001.0, 1004.0),
        ]
    )
    assert spending.wall == 14.0
    assert spending.managers == 2
    assert found[Stage.EXPLORE].intervals == ((5.0, 10.0), (11.0, 14.0))
    assert spending.is_whole


def test_what_drained_counts_until_it_was_told():
    _, found = by_stage(
        [started(0.0), handed_out(0.0, "a"), ended(4.0, "a", "train-01", 1.0, ending="drained")]
    )
    assert found[Stage.TRAIN].wall == 3.0


def test_lost_tries_have_a_stage_of_their_own():
    """One whose worker died, and one that died with its manager."""
    _, found = by_stage(
        [
            started(0.0),
            handed_out(1.0, "a"),
            handed_out(2.0, "b"),
            ended(5.0, "a", "0123", ending="lost"),
            {"time": 8.0, "event": "task"},
        ]
    )
    assert found[Stage.UNFINISHED].tries == 2
    assert found[Stage.UNFINISHED].wall == 7.0
    assert found[Stage.UNFINISHED].core == 0.0
    assert Stage.SIMULATE not in found


def test_a_manager_that_is_running():
    """Its tries count until now."""
    events = [started(0.0), handed_out(1.0, "a")]
    spending = measure_spending(events, PROCESSORS, now=21.0)
    assert spending.wall == 21.0
    assert [(each.stage, each.wall) for each in spending.stages] == [
        (Stage.UNFINISHED, 20.0),
        (Stage.REST, 1.0),
    ]


def test_a_journal_whose_beginning_is_gone():
    assert not by_stage([started(0.0, generation=7)])[0].is_whole


@pytest.mark.parametrize(
    "event",
    [{}, {"event": "try-ended"}, {"time": 3.0, "event": "try"}, {"time": "x", "event": "task"}],
)
def test_torn_records_are_skipped(event):
    assert by_stage([started(0.0), event, {"time": 4.0, "event": "task"}])[0].wall == 4.0


def test_nothing_has_run():
    spending = measure_spending([], PROCESSORS)
    assert (spending.wall, spending.stages, spending.managers) == (0.0, (), 0)
