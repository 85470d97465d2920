"""A small learning campaign on disk: real simulations, networks as they are initialised."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from perrin.campaign.journal import Journal, read_state
from perrin.campaign.layout import Layout
from perrin.campaign.learning.fields import Purpose
from perrin.campaign.learning.library import Library
from perrin.campaign.learning.selection import Selection, lineage
from perrin.campaign.open_plan import open_plan
from perrin.campaign.report.gathering import gather
from perrin.campaign.store import Store
from perrin.campaign.tasks import Try
from perrin.campaign.worker import run_try
from perrin.ml.exploration import Exploration, Reason, save
from perrin.ml.force_functional import ForceFunctional
from perrin.ml.trained import save_trained

TEXT = """
name = "seen"
[problem]
engine = "brownian"
seed = 5
replicas = 1
[problem.parameters]
temperature = 1.5
box_length = 6.0
potential = { kind = "lennard-jones" }
[problem.dynamics]
bulk_time = 0.02
[problem.random]
count = 3
particles = [60, 80]
[problem.random.field]
constant = [0.0, 3.0]
amplitude_xy = [0.0, 3.0]
amplitude_z = [0.0, 1.0]
[sampling]
transient_time = 0.02
time = 0.2
block_time = 0.05
bin_width = 0.3
"""
LEARNING = """
[learning]
committee = 3
rounds = 1
candidates = 6
labels = 1
held_out = 3
baseline = "random"
[learning.functional]
filters = [2]
nodes = 3
[learning.training]
epochs = 2
validation = 0.3
"""
HISTORY = [
    {"epoch": 0, "loss": 2.0, "validation": 3.0, "learning_rate": 1e-3, "batch_size": 8},
    {"epoch": 1, "loss": 1.0, "validation": None, "learning_rate": 1e-3, "batch_size": 8},
]


@dataclass
class Seen:
    """A campaign on disk, step by step."""

    path: Path

    @property
    def layout(self):
        return Layout.of(self.path)

    @property
    def plan(self):
        return open_plan(self.path)[0]

    @property
    def library(self):
        return Library(
            self.plan, self.layout, Store.open(self.layout), read_state(self.layout.journal)
        )

    def manage(self):
        """Write the journal of a manager that ran one try."""
        self.record(*EVENTS)

    def record(self, *events):
        journal = Journal(self.layout.journal, 1)
        for name, details in events:
            journal.record(name, **details)
        journal.close()

    def simulate(self, *purposes):
        """Publish the replicas of some purposes, or of all."""
        self.layout.create()
        plan, store = self.plan, Store.open(self.layout)
        keys = [
            key
            for key, (point, _) in plan.wanted.items()
            if not purposes or point.purpose in purposes
        ]
        for pending in plan.pending(store, (), keys):
            (task,) = plan.tasks([pending], str(self.layout.root))
            assert run_try(Try(task, "token", 1).to_json())["ending"] == "published"
        store.recover()
        store.index.save_to(self.layout.index, 1)
        store.index.close()

    def train(self, branch, number, members=range(100)):
        """Train some members of a committee."""
        committee = self.library.committee(branch, number)
        self.save([member for member in committee.members if member.number in members])

    def save(self, members):
        """Save untrained networks as trained members."""
        for member in members:
            torch.manual_seed(member.number)
            save_trained(
                self.layout.models / f"{member.key}.json",
                ForceFunctional(member.architecture).state_dict(),
                member=member.document(),
                history=HISTORY,
                training={},
                token="token",
            )

    def explore(self, deviation, reasons, chosen):
        """Save an exploration of round 1, and decide."""
        committee = self.library.committee(Purpose.SELECTED, 0)
        (task,) = self.library.explorations(1, committee)
        count, bins = len(deviation), committee.data.profiles.bins
        exploration = Exploration(
            profiles=np.ones((count, 4, bins), dtype=np.float32),
            force=np.zeros((count, 3, bins), dtype=np.float32),
            spread=np.zeros((count, 3, bins), dtype=np.float32),
            deviation=np.array(deviation),
            current=np.zeros(count),
            iterations=np.ones(count, dtype=np.int64),
            residual=np.zeros(count),
            reasons=tuple(reasons),
        )
        save(exploration, task.output)
        failures = [str(reason) for reason in reasons if reason is not None]
        selection = Selection(
            lineage=lineage(self.plan.campaign),
            round=1,
            low=0.1,
            high=1.0,
            accurate=2 if chosen else 0,
            candidate=3 if chosen else 0,
            failed=count - 5 if chosen else count,
            reasons={reason: failures.count(reason) for reason in failures},
            chosen=tuple(chosen),
            deviations=tuple(deviation[number] for number in chosen),
            members=tuple(committee.keys),
            explorations=(task.key,),
        )
        self.record(("selected", {"selection": selection.as_document()}))

    def findings(self):
        plan, layout = open_plan(self.path)
        return gather(plan, layout, Store.open(layout), self.path.read_text())

    def copy(self, directory):
        """Set up the same campaign elsewhere."""
        shutil.copytree(self.layout.root, directory / self.layout.root.name)
        return Seen(Path(shutil.copy(self.path, directory)))


EVENTS = (
    ("manager-started", {"generation": 1, "software": {"perrin": "9.9", "git_commit": "abc"}}),
    ("try", {"task": "0123", "token": "a"}),
    (
        "try-ended",
        {
            "task": "0123",
            "token": "a",
            "ending": "published",
            "stages": {"started": 0.0, "published": 9e9},
        },
    ),
    ("manager-ended", {}),
)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """All but the selected field is simulated, and nothing trained."""
    torch.set_num_threads(1)
    seen = Seen(tmp_path_factory.mktemp("simulated") / "seen.toml")
    seen.path.write_text(TEXT + LEARNING)
    seen.simulate()
    seen.manage()
    return seen


@pytest.fixture(scope="session")
def trained(simulated, tmp_path_factory):
    """The committee of round 0 is trained as well."""
    seen = simulated.copy(tmp_path_factory.mktemp("trained"))
    seen.train(Purpose.SELECTED, 0)
    return seen


@pytest.fixture(scope="session")
def finished(trained, tmp_path_factory):
    """One round is over, with its baseline."""
    seen = trained.copy(tmp_path_factory.mktemp("finished"))
    reasons = [None] * 5 + [Reason.NO_CONVERGENCE]
    seen.explore([0.02, 0.05, 0.2, 0.4, 0.7, np.nan], reasons, chosen=[3])
    seen.simulate(Purpose.SELECTED)
    seen.train(Purpose.SELECTED, 1)
    seen.train(Purpose.RANDOM, 1)
    return seen


@pytest.fixture
def plain(tmp_path):
    """A campaign without [learning] that has not run."""
    seen = Seen(tmp_path / "plain.toml")
    seen.path.write_text(TEXT)
    return seen
