"""A worker's try of an exploration: it leaves at a poll, and what is done is published."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from perrin.campaign.drain import request_drain
from perrin.campaign.layout import Layout
from perrin.campaign.learning import exploration_task
from perrin.campaign.learning.exploration_task import ExplorationTask, run_exploration_try
from perrin.campaign.tasks import Try
from perrin.ml import committee, exploration
from perrin.ml.architecture import Architecture
from perrin.ml.force_functional import ForceFunctional
from perrin.ml.settings import ExplorationSettings, FunctionalSettings
from perrin.ml.trained import save_trained

SHAPE = Architecture.of(FunctionalSettings(window=1.0, filters=(4, 8), nodes=16), 0.5)
POINTS = [
    {
        "particles": 60 + 10 * number,
        "box_length": 6.0,
        "temperature": 1.5,
        "friction": 1.0,
        "potential": {"kind": "lennard-jones"},
        "field": {"kind": "planar-fourier", "z": {"constant": 1.0 + number}},
    }
    for number in range(3)
]


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "campaign")
    layout.create()
    for number in range(2):
        torch.manual_seed(number)
        weights = ForceFunctional(SHAPE).state_dict()
        member = {"architecture": SHAPE.model_dump(mode="json")}
        path = layout.models / f"member{number}.json"
        save_trained(path, weights, member=member, history=[], training={}, token="test")
    return layout


@pytest.fixture
def task(layout):
    return ExplorationTask(
        directory=str(layout.root),
        title="round 1: exploring",
        candidates=POINTS,
        members=["member0", "member1"],
        bins=12,
        lateral=10.0,
        z=5.0,
        settings=ExplorationSettings(iterations=4, tolerance=1e-9).model_dump(),
    )


@pytest.fixture
def polls(monkeypatch):
    """How often the committee was asked, and what to do then."""
    asked, actions = [], {}
    evaluate = committee.evaluate

    def counted(functional, profiles):
        asked.append(len(profiles))
        actions.get(len(asked), lambda: None)()
        return evaluate(functional, profiles)

    monkeypatch.setattr("perrin.ml.steady_state.evaluate", counted)
    return asked, actions


def attempt(task, **changes):
    return run_exploration_try(replace(Try(task, "token", 1), **changes).to_json())


def test_it_publishes_when_it_is_done(layout, task):
    outcome = attempt(task)
    assert outcome["ending"] == "published", outcome["failures"]
    assert len(exploration.load(task.output)) == 3
    assert [path.name for path in layout.explored.iterdir()] == [task.output.name]


def test_told_to_leave_it_does_so_at_the_next_iteration(layout, task, polls):
    asked, actions = polls
    actions[3] = lambda: request_drain(layout.lease, 1)
    assert attempt(task)["ending"] == "drained"
    assert len(asked) == 4, "two members, two iterations of four"
    assert not task.output.exists()


def test_told_to_leave_in_its_last_iteration_it_publishes(layout, task, polls):
    asked, actions = polls
    actions[7] = lambda: request_drain(layout.lease, 1)
    assert attempt(task)["ending"] == "published"
    assert len(asked) == 8
    assert len(exploration.load(task.output)) == 3


def test_before_its_deadline_it_leaves(task, polls, monkeypatch):
    asked, actions = polls
    monkeypatch.setattr("perrin.campaign.deadline.PAUSE_SECONDS", 0.1)
    assert attempt(task, deadline=time.time() + 4.0)["ending"] == "drained"
    assert not asked
    actions[3] = lambda: time.sleep(1.5)
    assert attempt(task, deadline=time.time() + 8.5)["ending"] == "drained"
    assert len(asked) == 4, "the next iteration could take as long, and the margin is five seconds"
    assert attempt(task, deadline=time.time() + 100)["ending"] == "published"


def test_it_waits_for_space(task, monkeypatch):
    publish, full = exploration_task.publish, [True]

    def reluctant(temporary, path):
        if full.pop() if full else False:
            raise OSError(28, "No space left on device")
        return publish(temporary, path)

    monkeypatch.setattr(exploration_task, "publish", reluctant)
    assert attempt(task)["ending"] == "published"
    assert np.isfinite(exploration.load(task.output).deviation).all()


def test_its_key_is_pinned():
    task = ExplorationTask("here", "title", POINTS, ["a", "b"], 12, 10.0, 5.0, {"iterations": 4})
    assert task.key == "7b84a2a0f19577b6ccf6f7817f784c00"
    assert replace(task, directory="there", title="other", lateral=10).key == task.key
    assert replace(task, z=5.1).key != task.key
