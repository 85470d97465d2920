"""Exploring some candidates of a round: a task that one worker does by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ...engines.brownian.parameters import BrownianParameters
from ...engines.canonical import digest
from ...engines.durable import publish, temporary_name
from ...ml.settings import LOOP_VERSION, ExplorationSettings
from ..layout import Layout
from ..tasks import Try
from .learning_try import LearningTry, LeftEarlyError

if TYPE_CHECKING:
    from ...ml.committee import Functional
    from ...ml.drift_diffusion import PlanarSystem
    from ...ml.exploration import Exploration, VelocityRange


@dataclass(frozen=True)
class ExplorationTask:
    """Some candidates of a round.

    Attributes
    ----------
    directory
        Root of the campaign's directory.
    title
        What to call it.
    candidates
        State points to explore, as documents.
    members
        Keys of the trained members.
    bins
        Bins along z.
    lateral, z
        Largest velocities of the training data, sigma/tau.
    settings
        Document of `ExplorationSettings`.
    """

    directory: str
    title: str
    candidates: list[dict[str, Any]]
    members: list[str]
    bins: int
    lateral: float
    z: float
    settings: dict[str, Any]
    urgency: ClassVar[int] = 0
    processes: ClassVar[int] = 1
    pool: ClassVar[str] = "workers"

    @cached_property
    def key(self) -> str:
        """Identity of what is found."""
        parts = (self.candidates, self.members, self.bins, self.lateral, self.z, self.settings)
        return digest([*parts, LOOP_VERSION])

    @property
    def keys(self) -> list[str]:
        """The one thing that it makes."""
        return [self.key]

    @property
    def output(self) -> Path:
        """What it publishes."""
        return Layout(Path(self.directory)).explored / f"{self.key}.npz"

    @property
    def has_inputs(self) -> bool:
        """Whether all members are there."""
        models = Layout(Path(self.directory)).models
        return all((models / f"{key}.json").exists() for key in self.members)

    @property
    def name(self) -> str:
        """Name of the task."""
        return f"explore-{self.key[:16]}"

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`."""
        return cls(**document)


def run_exploration_try(text: str) -> dict[str, Any]:
    """Run a serialised try of an exploration; the function that executors call."""
    return ExplorationTry(Try.from_json(text, ExplorationTask)).run().as_document()


class ExplorationTry(LearningTry):
    """Finds the steady states of the candidates, as the committee sees them."""

    task: ExplorationTask

    def work(self) -> None:
        """Explore, and publish what was found."""
        from ...ml.exploration import explore

        if self.task.output.exists():
            return
        points = [BrownianParameters.model_validate(document) for document in self.task.candidates]
        found = explore(
            points,
            self._system(points[0]),
            self._committee(),
            self._limits(),
            settings=ExplorationSettings.model_validate(self.task.settings),
            progress=self._progress,
        )
        self.when_space_allows(lambda: self._publish(found))

    def _publish(self, found: Exploration) -> None:
        from ...ml.exploration import save

        path = self.task.output
        temporary = temporary_name(path, self.attempt.token)
        save(found, temporary)
        publish(temporary, path)

    def _progress(self, done: int, total: int) -> None:
        self.report(done, total)
        if self.must_leave():
            raise LeftEarlyError

    def _committee(self) -> list[Functional]:
        import torch

        from ...ml.trained import load_trained

        torch.set_num_threads(1)
        paths = [self.layout.models / f"{key}.json" for key in self.task.members]
        return [load_trained(path).functional.profile for path in paths]

    def _system(self, point: BrownianParameters) -> PlanarSystem:
        from ...ml.drift_diffusion import PlanarSystem

        return PlanarSystem(
            point.box.profile_length, self.task.bins, point.temperature, point.friction
        )

    def _limits(self) -> VelocityRange:
        from ...ml.exploration import VelocityRange

        return VelocityRange(self.task.lateral, self.task.z)
