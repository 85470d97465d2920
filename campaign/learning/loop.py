"""The loop of active learning: train, explore, select, label, and again.

`Loop.next_tasks` looks at files and journal and says what can be done now. It may be called at
any time, by any generation of the manager, and always gives what is missing: nothing of the loop
lives in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...engines.durable import FULL_DISK
from ...engines.seal import DamagedFileError
from ...site_configs.launch import training_launch
from ..simulations import Simulations
from .damage import set_aside
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
    waits
        Whether the disk was too full to go on.
    """

    simulations: Simulations
    say: Callable[[str], None]

    is_active: bool = True
    waits: bool = False

    @property
    def library(self) -> Library:
        """What there is now."""
        s = self.simulations
        return Library(s.plan, s.layout, s.store, s.journal.state)

    def next_tasks(self) -> list[LearningTask]:
        """Everything that can be done now and is not done, and make every decision that is due."""
        return self._despite_damage(lambda: [*self._selected(), *self._random()])

    def trainings_so_far(self) -> list[LearningTask]:
        """Trainings of a committee on everything that is published by now."""
        return self._despite_damage(lambda: self._trainings(self.library.committee_so_far()))

    def _despite_damage(self, look: Callable[[], list[LearningTask]]) -> list[LearningTask]:
        """Set aside what is damaged, so that it is made again; wait while the disk is full."""
        self.waits = False
        while True:
            try:
                return look()
            except DamagedFileError as error:
                set_aside(self.simulations.store, error.path, error.reason)
            except OSError as error:
                if error.errno not in FULL_DISK:
                    raise
                self.say(
                    f"disk full: learning waits for space below {self.simulations.layout.root}"
                )
                self.waits = True
                return []

    def _selected(self) -> list[LearningTask]:
        learning = self.library.learning
        for round_ in range(learning.rounds + 1):
            committee = self.library.committee(Purpose.SELECTED, round_)
            if committee is None or committee.missing:
                return self._trainings(committee)
            if not committee.is_usable or round_ == learning.rounds:
                return []
            if len(self.library.selections) == round_:
                tasks = self.library.explorations(round_ + 1, committee)
                missing = [task for task in tasks if self._is_missing(task)]
                if missing or not any(task.output.exists() for task in tasks):
                    return list(missing)
                self._decide(round_ + 1, committee)
            if not self.library.selections[round_].chosen:
                return []
        return []

    def _is_missing(self, task: LearningTask) -> bool:
        return not task.output.exists() and task.key not in self.library.state.quarantined

    def _random(self) -> list[LearningTask]:
        """Trainings on the baseline, for as many rounds as the loop itself has come."""
        if self.library.learning.baseline is None:
            return []
        chosen = [selection.round for selection in self.library.selections if selection.chosen]
        committees = [self.library.committee(Purpose.RANDOM, round_) for round_ in chosen]
        return [task for committee in committees for task in self._trainings(committee)]

    def _trainings(self, committee: Committee | None) -> list[LearningTask]:
        """Trainings of the members that a committee lacks."""
        if committee is None or committee.lacks_fields:
            return []
        kind = " on random fields" if committee.branch is Purpose.RANDOM else ""
        site = self.simulations.plan.site
        launch = training_launch(site, self.library.learning.training.processes)
        return [
            TrainingTask(
                directory=str(self.simulations.layout.root),
                title=f"round {committee.round}: training{kind}",
                member=member.document(),
                processes=launch.processes,
                nodes=launch.nodes,
                urgency=int(committee.branch is Purpose.RANDOM),
                launch=launch.command,
                interface=launch.interface,
            )
            for member in committee.missing
        ]

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
