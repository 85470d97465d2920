"""What a learning campaign has, and what it still lacks: data sets, committees, explorations."""

from __future__ import annotations

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
from .fields import SMALLEST_DATA_SET, Purpose, candidate
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
    def lacks_fields(self) -> bool:
        """Whether too few fields can be learned from."""
        return len(self.data.outline.names) < SMALLEST_DATA_SET

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
        if branch is Purpose.RANDOM:
            added = self._as_many_at_random(round_)
        else:
            added = self._points(branch, round_)
        points = [*self._points(Purpose.INITIAL), *(added or [])]
        return self._data(points) if added is not None and self._ready(points) else None

    def held_out(self) -> Profiles | None:
        """Fields that nothing trains on, as far as they are published."""
        data = self._data(self._points(Purpose.HELD_OUT))
        return data.profiles if data is not None else None

    def _data(self, points: list[PlannedPoint]) -> DataSet | None:
        return DataSets(self.plan, self.layout, self.store).of(points)

    def _points(self, purpose: Purpose, last_round: int | None = None) -> list[PlannedPoint]:
        return [
            point
            for point in self.plan.points
            if point.purpose is purpose and (last_round is None or point.round <= last_round)
        ]

    def _as_many_at_random(self, round_: int) -> list[PlannedPoint] | None:
        """The first random fields, as many as the selected ones that can be learned from."""
        pool = self._points(Purpose.RANDOM)
        selected = self.data_set(Purpose.SELECTED, round_)
        drawn = self._data(pool) if self._ready(pool) else None
        if selected is None or drawn is None:
            return None
        initial = {p.physics.state_point_hash for p in self._points(Purpose.INITIAL)}
        wanted = sum(name not in initial for name in selected.outline.names)
        usable = [p for p in pool if p.physics.state_point_hash in drawn.outline.names]
        return usable[:wanted]

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

    def baseline_lacks_members(self) -> bool:
        """Whether members of the random baseline are still to be trained."""
        if self.learning.baseline is None:
            return False
        chosen = [selection.round for selection in self.selections if selection.chosen]
        committees = [self.committee(Purpose.RANDOM, round_) for round_ in chosen]
        return any(committee is None or committee.missing for committee in committees)

    def committee_so_far(self) -> Committee | None:
        """Committee that learns from all that is published by now, but for held-out fields."""
        points = [point for point in self.plan.points if point.purpose is not Purpose.HELD_OUT]
        data = self._data(points)
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
            architecture=Architecture.of(self.learning.functional, data.outline.bin_width),
            settings=settings,
            validation=_fold(data.outline.names, settings.validation, number, seed),
        )

    def explorations(self, round_: int, committee: Committee) -> list[ExplorationTask]:
        """Tasks that explore a round with a committee, done or not."""
        outline = committee.data.outline
        whole = ExplorationTask(
            directory=str(self.layout.root),
            title=f"round {round_}: exploring",
            candidates=[],
            members=committee.keys,
            bins=outline.bins,
            lateral=outline.lateral,
            z=outline.z,
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
