"""The loop of active learning: train, explore, select, label, and again.

`Loop.next_tasks` looks at files and journal and says what can be done now. It may be called at
any time, by any generation of the manager, and always gives what is missing: nothing of the loop
lives in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...engines.seal import DamagedFileError
from ...ml.training_job import Member
from ..simulations import Simulations
from .fields import Purpose
from .learning_work import LearningTask
from .library import Committee, Library
from .selecting import select
from .selection import Selection
from .training_task import TrainingTask


@dataclass
class Loop:
    """Steers a learning campaign.

    Attributes
    ----------
    simulations
        Its plan grows with every selection.
    say
        Told what was decided.
    """

    simulations: Simulations
    say: Callable[[str], None]

    is_active: bool = True

    @property
    def library(self) -> Library:
        """What there is now."""
        s = self.simulations
        return Library(s.plan, s.layout, s.store, s.journal.state)

    def next_tasks(self) -> list[LearningTask]:
        """Everything that can be done now and is not done, and make every decision that is due."""
        try:
            return [*self._selected(), *self._random()]
        except DamagedFileError as error:
            self.simulations.store.set_aside(error.path, error.reason)
            return []

    def _selected(self) -> list[LearningTask]:
        for round_ in range(self.library.learning.rounds + 1):
            committee = self.library.committee(Purpose.SELECTED, round_)
            if committee is None:
                return []
            if committee.missing:
                return [self._training(member, committee) for member in committee.missing]
            if not committee.is_usable or round_ == self.library.learning.rounds:
                return []
            selections = self.library.selections
            if len(selections) == round_:
                missing = self._unexplored(round_ + 1, committee)
                if missing or not self._explored(round_ + 1, committee):
                    return missing
                self._decide(round_ + 1, committee)
            if not self.library.selections[round_].chosen:
                return []
        return []

    def _random(self) -> list[LearningTask]:
        """Trainings on the baseline, for as many rounds as the loop itself has come."""
        if self.library.learning.baseline is None:
            return []
        tasks: list[LearningTask] = []
        for selection in self.library.selections:
            committee = self.library.committee(Purpose.RANDOM, selection.round)
            if committee is not None and selection.chosen:
                tasks += [self._training(member, committee) for member in committee.missing]
        return tasks

    def trainings_so_far(self) -> list[LearningTask]:
        """Trainings of a committee on everything that is published by now."""
        committee = self.library.committee_so_far()
        return (
            [] if committee is None else [self._training(m, committee) for m in committee.missing]
        )

    def _training(self, member: Member, committee: Committee) -> TrainingTask:
        kind = " on random fields" if committee.branch is Purpose.RANDOM else ""
        return TrainingTask(
            directory=str(self.simulations.layout.root),
            title=f"round {committee.round}: training{kind}",
            member=member.document(),
            processes=self.library.learning.training.processes,
            urgency=int(committee.branch is Purpose.RANDOM),
        )

    def _unexplored(self, round_: int, committee: Committee) -> list[LearningTask]:
        tasks = self.library.explorations(round_, committee)
        return [
            task
            for task in tasks
            if not task.output.exists()
            and task.key not in self.simulations.journal.state.quarantined
        ]

    def _explored(self, round_: int, committee: Committee) -> bool:
        tasks = self.library.explorations(round_, committee)
        return any(task.output.exists() for task in tasks)

    def _decide(self, round_: int, committee: Committee) -> None:
        """Select, write the decision down, and plan the simulations that follow from it."""
        selection = select(self.library, round_, committee)
        self.simulations.journal.record("selected", selection=selection.as_document())
        self.simulations.plan = self.simulations.plan.following(self.library.selections)
        self.say(describe(selection))


def describe(selection: Selection) -> str:
    """One line about a round's decision."""
    return (
        f"round {selection.round}: {selection.explored} explored, {selection.accurate} accurate, "
        f"{selection.candidate} candidates, {selection.failed} failed; "
        f"{len(selection.chosen)} to simulate"
    )
