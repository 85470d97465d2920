"""What steers a campaign beside its plan: nothing, the loop, a training, or a precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..precision.steering import PrecisionTarget
from ..simulations import Simulations
from ..tasks import AnyTask
from .learning_work import LearningTask
from .loop import Loop


class Steering(Protocol):
    """Says what can be done beside the simulations of the plan."""

    @property
    def is_active(self) -> bool:
        """Whether it may ever have something to say."""

    @property
    def waits(self) -> bool:
        """Whether it would have something to say if the disk were not full."""

    def next_tasks(self) -> Sequence[AnyTask]:
        """Tasks that can be done now and are not done; may let the plan grow."""


@dataclass(frozen=True)
class NoSteering:
    """For campaigns that only simulate."""

    is_active: bool = False
    waits: bool = False

    def next_tasks(self) -> Sequence[AnyTask]:
        """Nothing."""
        return []


@dataclass(frozen=True)
class TrainOnce:
    """Trains a committee on what is published, and selects nothing."""

    loop: Loop
    is_active: bool = False

    @property
    def waits(self) -> bool:
        """Whether the disk was too full to look."""
        return self.loop.waits

    def next_tasks(self) -> list[LearningTask]:
        """Members that are missing."""
        return self.loop.trainings_so_far()


def make_steering(
    simulations: Simulations, say: Callable[[str], None], only_train: bool
) -> Steering:
    """Choose by what the campaign file and the command ask for."""
    campaign = simulations.plan.campaign
    if campaign.precision is not None:
        return PrecisionTarget(simulations, campaign.precision, say)
    if campaign.learning is None:
        return NoSteering()
    loop = Loop(simulations, say)
    return TrainOnce(loop) if only_train else loop
