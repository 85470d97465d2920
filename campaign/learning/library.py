"""What a learning campaign has, and what it still lacks: data sets, committees, explorations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...ml.architecture import Architecture
from ...ml.profiles import Profiles
from ...ml.training_job import Member
from ..journal import JournalState
from ..layout import Layout
from ..plan import Plan, PlannedPoint
from ..spec import Learning
from ..store import Store
from .data_sets import DataSet, DataSets
from .exploration_task import ExplorationTask
from .fields import Purpose, candidate
from .selection import Selection, selections_of

CANDIDATES_PER_TASK = 25
SMALLEST_COMMITTEE = 2


@dataclass(frozen=True)
class Committee:
    """The members of one round, those that are trained and those that cannot be.

    Attributes
    ----------
    branch
        Purpose of the fields that it has beside the initial ones: selected or random.
    round
        Round after which it is trained.
    data
        What it learns from.
    members
        All of them.
    paths
        Files of the trained ones.
    quarantined
        Those whose training failed.
    """

    branch: Purpose
    round: int
    data: DataSet
    members: tuple[Member, ...]
    paths: tuple[Path, ...]
    quarantined: tuple[Member, ...]

    @property
    def missing(self) -> list[Member]:
        """Members that are still to be trained."""
        trained = {path.stem for path in self.paths}
        return [m for m in self.members if m.key not in trained and m not in self.quarantined]

    @property
    def is_usable(self) -> bool:
        """Whether all that can be trained are, and there are enough of them to disagree."""
        return not self.missing and len(self.paths) >= SMALLEST_COMMITTEE

    @property
    def keys(self) -> list[str]:
        """Keys of the trained members."""
        return [path.stem for path in self.paths]


@dataclass(frozen=True)
class Library:
    """A learning campaign as found on disk and in its journal; reads, and writes only data sets."""

    plan: Plan
    layout: Layout
    store: Store
    state: JournalState

    @property
    def learning(self) -> Learning:
        """The [learning] table of the campaign."""
        learning = self.plan.campaign.learning
        return learning if learning is not None else Learning()

    @property
    def selections(self) -> list[Selection]:
        """What was decided so far, round by round."""
        return selections_of(self.plan.campaign, self.state.selections)

    def data_set(self, branch: Purpose, round_: int) -> DataSet | None:
        """Training data of a round; None until all its replicas are published or quarantined."""
        points = list(self._training_points(branch, round_))
        return (
            DataSets(self.plan, self.layout, self.store).of(points) if self._ready(points) else None
        )

    def held_out(self) -> Profiles | None:
        """Fields that nothing trains on, as far as they are published."""
        points = [point for point in self.plan.points if point.purpose is Purpose.HELD_OUT]
        data = DataSets(self.plan, self.layout, self.store).of(points)
        return data.profiles if data is not None else None

    def _training_points(self, branch: Purpose, round_: int) -> Iterator[PlannedPoint]:
        for point in self.plan.points:
            added = point.purpose is branch and point.round <= round_
            if point.purpose is Purpose.INITIAL or added:
                yield point

    def _ready(self, points: list[PlannedPoint]) -> bool:
        keys = (
            point.physics.replica_key(replica)
            for point in points
            for replica in range(self.plan.campaign.problem.replicas)
        )
        return all(
            key in self.state.quarantined or self.plan.is_published(key, self.store) for key in keys
        )

    def committee(self, branch: Purpose, round_: int) -> Committee | None:
        """Committee of a round; None until its data set is complete."""
        data = self.data_set(branch, round_)
        return None if data is None else self._committee_on(data, branch, round_)

    def committee_so_far(self) -> Committee | None:
        """Committee that learns from all that is published by now, but for held-out fields."""
        points = [point for point in self.plan.points if point.purpose is not Purpose.HELD_OUT]
        data = DataSets(self.plan, self.layout, self.store).of(points)
        rounds = len(self.selections)
        return None if data is None else self._committee_on(data, Purpose.SELECTED, rounds)

    def _committee_on(self, data: DataSet, branch: Purpose, round_: int) -> Committee:
        """Committee that learns from a data set."""
        members = tuple(self._member(data, number) for number in range(self.learning.committee))
        paths = (self.layout.models / f"{member.key}.json" for member in members)
        quarantined = tuple(m for m in members if m.key in self.state.quarantined)
        found = tuple(path for path in paths if path.exists())
        return Committee(branch, round_, data, members, found, quarantined)

    def _member(self, data: DataSet, number: int) -> Member:
        seed, settings = self.plan.campaign.problem.seed, self.learning.training
        return Member(
            data=data.key,
            number=number,
            seed=seed,
            architecture=Architecture.of(self.learning.functional, data.profiles.bin_width),
            settings=settings,
            validation=_fold(data.profiles.names, settings.validation, number, seed),
        )

    def explorations(self, round_: int, committee: Committee) -> list[ExplorationTask]:
        """Tasks that explore a round with a committee, done or not."""
        speed = np.abs(committee.data.profiles.velocity).max(axis=(0, 2))
        whole = ExplorationTask(
            directory=str(self.layout.root),
            title=f"round {round_}: exploring",
            candidates=[],
            members=committee.keys,
            bins=committee.data.profiles.bins,
            lateral=float(max(speed[:2])),
            z=float(speed[2]),
            settings=self.learning.exploration.model_dump(),
        )
        points = [
            candidate(self.plan.campaign, round_, number).model_dump(mode="json")
            for number in range(self.learning.candidates)
        ]
        return [
            replace(whole, candidates=points[start : start + CANDIDATES_PER_TASK])
            for start in range(0, len(points), CANDIDATES_PER_TASK)
        ]


def _fold(names: tuple[str, ...], share: float, number: int, seed: int) -> tuple[str, ...]:
    """Simulations that member `number` does not train on: other ones for each member."""
    size = min(round(share * len(names)), len(names) - 1)
    order = np.random.default_rng(np.random.SeedSequence(seed)).permutation(len(names))
    return tuple(sorted(names[order[(number * size + i) % len(names)]] for i in range(size)))
