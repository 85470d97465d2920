"""The loop of active learning with real processes, really killed."""

import json
import shutil
import time
from dataclasses import replace

import pytest

from perrin.campaign.claims import read_claims
from perrin.campaign.journal import JournalState
from perrin.campaign.learning.data_sets import DataSets
from perrin.campaign.learning.ending import ending_of
from perrin.campaign.learning.fields import Purpose
from perrin.campaign.learning.library import Library
from perrin.campaign.learning.selection import lineage, selections_of
from perrin.campaign.lease import newest_generation
from perrin.campaign.load import load_campaign
from perrin.campaign.spec_errors import SpecError
from perrin.campaign.store import Store


def wait_until(condition, manager, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert manager.poll() is None, "the campaign ended before it could be killed"
        assert time.monotonic() < deadline, "the stage never came"
        time.sleep(0.005)


def works_on(small, title):
    return lambda: any(claim.title == title for claim in read_claims(small.layout.claims))


def is_selecting(small):
    """Everything is explored, nothing is decided, and a manager is at work on it."""

    def condition():
        generation = newest_generation(small.layout.lease)
        started = [event["generation"] for event in small.events("manager-started")]
        return any(small.layout.explored.glob("[!.]*.npz")) and generation in started

    return condition


def is_labelling(small):
    return lambda: (
        small.selections() and any(not claim.title for claim in read_claims(small.layout.claims))
    )


@pytest.mark.slow
def test_killed_in_every_stage_it_selects_the_same_and_ends_with_equal_data(trial, learned):
    small = trial.learning(baseline="")
    stages = (
        works_on(small, "round 0: training"),
        works_on(small, "round 1: exploring"),
        is_selecting(small),
        is_labelling(small),
        works_on(small, "round 1: training"),
    )
    selected = []
    for stage in stages:
        manager = small.start()
        wait_until(stage, manager)
        manager.kill()
        manager.wait()
        selected.append(len(small.selections()))
    assert selected == [0, 0, 0, 1, 1], "the stages were what they are called"
    small.run()
    assert small.selections() == learned.selections()
    assert {key: learned.data()[key] for key in small.plan.wanted} == small.data()
    assert len(small.models()) == 4
    assert small.models().items() <= learned.models().items()
    small.assert_nothing_left()
    assert list(small.layout.training.iterdir()) == []


def test_a_finished_loop_has_what_was_asked_for(learned):
    (selection,) = learned.selections()
    assert selection["accurate"] + selection["candidate"] + selection["failed"] == 8
    assert 1 <= len(selection["chosen"]) <= 2
    assert selection["lineage"] == lineage(load_campaign(learned.path))
    purposes = [point.purpose for point in learned.plan.points]
    counts = {purpose: purposes.count(purpose) for purpose in Purpose}
    assert counts == {
        Purpose.INITIAL: 4,
        Purpose.HELD_OUT: 2,
        Purpose.RANDOM: 2,
        Purpose.SELECTED: len(selection["chosen"]),
    }
    models = learned.models()
    assert len(models) == 6, "two members after each round, and two on random fields"
    assert len({digest for (digest,) in models.values()}) == 6


def test_status_and_ls_tell_of_learning(learned):
    assert "the budget of 1 rounds is spent" in learned.call("status").stdout
    rows = json.loads(learned.call("ls", "--json").stdout)
    assert [row["purpose"] for row in rows].count("held out") == 2


def copy_of(learned, trial, **options):
    """The finished campaign under a changed file."""
    small = trial.learning(**options)
    shutil.copytree(learned.layout.root, small.layout.root)
    return small


def test_when_all_candidates_fail_there_is_a_diagnosis_and_an_end(learned, trial):
    small = copy_of(learned, trial, iterations=1)
    finished = small.call("run")
    assert finished.returncode == 1
    assert "every candidate of round 1 failed (8 no convergence)" in finished.stdout
    assert "learning.training.epochs" in finished.stdout
    assert small.selections()[-1]["chosen"] == []
    again = small.call("run")
    assert again.returncode == 1
    assert len(small.selections()) == 2, "it must not try again and again"


def test_an_empty_round_means_convergence(learned, trial):
    small = copy_of(learned, trial, low=1e4)
    finished = small.run()
    assert "candidates deviate by less than 1e+04 epsilon/sigma" in finished.stdout
    assert small.selections()[-1]["accurate"] > 0
    assert Purpose.SELECTED not in [point.purpose for point in small.plan.points]


@pytest.mark.slow
def test_what_is_damaged_is_set_aside_and_made_again(learned, trial):
    """Members that a worker finds damaged as it explores; an exploration that `verify` finds."""
    small = copy_of(learned, trial, rounds=2, baseline="")
    explored = next(small.layout.explored.glob("*.npz"))
    explored.write_bytes(explored.read_bytes()[:-10])
    assert small.call("verify").returncode == 1
    for tensors in small.layout.models.glob("*.safetensors"):
        image = bytearray(tensors.read_bytes())
        image[-5] ^= 1
        tensors.write_bytes(image)
    small.run()
    assert learned.models().items() <= small.models().items()
    assert small.selections()[:1] == learned.selections()
    assert len(small.selections()) == 2
    assert list(small.layout.damaged.glob("*.safetensors"))


def test_a_lost_decision_is_made_again(learned):
    campaign = load_campaign(learned.path)
    (first,) = learned.selections()
    later = first | {"round": 3}
    longer = campaign.model_copy(
        update={"learning": campaign.learning.model_copy(update={"rounds": 3})}
    )
    assert [s.round for s in selections_of(longer, [later, first])] == [1]
    assert [s.round for s in selections_of(longer, [later, first | {"round": 2}, first])] == [
        1,
        2,
        3,
    ]


def test_fields_without_a_usable_one_end_the_loop(learned, trial, monkeypatch):
    """Nobody is trained on nothing: the ending says what to change."""
    small = copy_of(learned, trial)
    library = Library(small.plan, small.layout, Store.open(small.layout), JournalState())
    points = library.plan.points[:1]
    data = DataSets(library.plan, small.layout, library.store).of(points)
    committee = replace(library.committee(Purpose.SELECTED, 0), data=data)
    monkeypatch.setattr(Library, "committee", lambda *_: committee)
    ending = ending_of(library)
    assert ending.is_failure
    assert "1 of the simulated fields can be learned from" in ending.text
    assert "amplitude_z" in ending.text


def test_why_tells_of_members(learned):
    key = next(iter(learned.models()))
    told = learned.call("why", key[:10]).stdout
    assert "published" in told
    assert f"queued in task train-{key[:16]}" in told


@pytest.mark.slow
def test_members_that_diverge_are_quarantined_and_named(learned, trial):
    small = copy_of(learned, trial, learning_rate=1e6)
    finished = small.call("run")
    assert finished.returncode == 1
    assert "0 of 2 members of round 0 could be trained" in finished.stdout
    assert "diverged in epoch" in finished.stdout


@pytest.mark.slow
def test_train_uses_everything_that_is_published(learned, trial):
    small = copy_of(learned, trial, processes=2)
    finished = small.call("train", "--json")
    assert finished.returncode == 0, finished.stderr
    answer = json.loads(finished.stdout)
    usable = sum(point.purpose is not Purpose.HELD_OUT for point in small.plan.points)
    assert [row["member"] for row in answer["members"]] == [0, 1]
    assert all(0.5 * usable < row["fields"] < usable for row in answer["members"])
    assert all(row["error"] > 0 for row in answer["members"])
    assert small.data() == learned.data()
    both = [digests for digests in small.models().values() if len(digests) == 2]
    assert len(both) == 2, "two processes trained these members, and ended with equal weights"
    assert all(first == second for first, second in both)


def test_train_without_data_or_table_says_what_to_do(trial):
    finished = trial.learning().call("train")
    assert finished.returncode == 1
    assert "no field is simulated yet; begin with `perrin run" in finished.stderr
    finished = trial().call("train")
    assert finished.returncode == 1
    assert "no [learning] table" in finished.stderr


def problems(path):
    with pytest.raises(SpecError) as error:
        load_campaign(path)
    return str(error.value)


def test_learning_needs_a_distribution_to_draw_from(trial):
    small = trial.learning()
    text = small.path.read_text()
    begin, end = text.index("[problem.random]"), text.index("[sampling]")
    small.path.write_text(text[:begin] + "[[problem.points]]\nparticles = 40\n" + text[end:])
    assert "problem.random.field: [learning] draws candidates from" in problems(small.path)


def test_learning_needs_one_box_and_one_temperature(trial):
    small = trial.learning()
    text = small.path.read_text().replace(
        "[problem.random]", "[problem.random]\ntemperature = [1, 2]"
    )
    small.path.write_text(text)
    assert "problem.parameters.temperature: takes 4 values" in problems(small.path)


def test_trust_levels_have_an_order_and_typos_are_named(trial):
    small = trial.learning(low=2e5)
    assert "low = 200000 must be below high = 100000" in problems(small.path)
    small = trial.learning()
    small.path.write_text(small.path.read_text().replace("batch_size", "batchsize"))
    assert "did you mean" in problems(small.path)


def test_more_rounds_continue_and_other_settings_begin_anew(trial):
    campaigns = {
        name: load_campaign(trial.learning(**options).path)
        for name, options in {
            "first": {},
            "longer": {"rounds": 5},
            "no baseline": {"baseline": ""},
            "other": {"epochs": 4},
        }.items()
    }
    assert lineage(campaigns["first"]) == lineage(campaigns["longer"])
    assert lineage(campaigns["first"]) == lineage(campaigns["no baseline"])
    assert lineage(campaigns["first"]) != lineage(campaigns["other"])
