"""What learning will cost beside the simulations that are planned already.

The nominal speed of training is that of the network of Zimmermann et al. (2024) on bins of .1
sigma, forwards and backwards, on one core of a 2.6 GHz AVX-512 processor.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...ml.architecture import CHANNELS, IMAGES, Architecture
from ..plan import Plan
from ..spec import Learning
from .fields import Purpose
from .selection import Selection

MULTIPLICATIONS_PER_SECOND = 6e9
ITERATIONS = 15
"""Fixed-point iterations that a candidate takes on average."""


@dataclass(frozen=True)
class LearningCost:
    """Nominal cost of what learning adds.

    Attributes
    ----------
    labels
        State points that rounds to come will select, at most.
    label_core_hours
        Processor time to simulate them.
    training_core_hours
        Processor time to train all committees of the campaign once, the baseline included.
    exploring_core_hours
        Processor time to explore all candidates of the rounds to come.
    """

    labels: int
    label_core_hours: float
    training_core_hours: float
    exploring_core_hours: float


def learning_cost(plan: Plan, selections: list[Selection]) -> LearningCost:
    """Estimate what the rounds to come will cost."""
    learning = plan.campaign.learning
    if learning is None:
        return LearningCost(0, 0.0, 0.0, 0.0)
    initial = [point for point in plan.points if point.purpose is Purpose.INITIAL]
    mean = sum(point.replica_seconds for point in initial) / len(initial)
    labels = (learning.rounds - len(selections)) * learning.labels
    seconds = labels * mean * plan.campaign.problem.replicas
    sizes = [len(initial) + round_ * learning.labels for round_ in range(learning.rounds + 1)]
    committees = sizes + (sizes[1:] if learning.baseline else [])
    training = learning.committee * sum(committees) * _seconds_per_simulation(plan, learning)
    rounds = learning.rounds - len(selections)
    exploring = rounds * learning.candidates * _seconds_per_candidate(plan, learning)
    return LearningCost(labels, seconds / 3600, training / 3600, exploring / 3600)


def _seconds_per_candidate(plan: Plan, learning: Learning) -> float:
    """Time to find the steady state of one candidate with the whole committee."""
    windows = _bins(plan) * learning.committee * min(ITERATIONS, learning.exploration.iterations)
    return windows * multiplications(_architecture(plan, learning)) / MULTIPLICATIONS_PER_SECOND


def _seconds_per_simulation(plan: Plan, learning: Learning) -> float:
    """Time to train one member on one simulation, all epochs."""
    share = IMAGES * (1 - learning.training.validation)
    windows = _bins(plan) * share * learning.training.epochs
    return windows * multiplications(_architecture(plan, learning)) / MULTIPLICATIONS_PER_SECOND


def _bins(plan: Plan) -> int:
    return plan.campaign.sampling.bins(plan.points[0].parameters.box.profile_length)


def _architecture(plan: Plan, learning: Learning) -> Architecture:
    width = plan.points[0].parameters.box.profile_length / _bins(plan)
    return Architecture.of(learning.functional, width)


def multiplications(architecture: Architecture) -> int:
    """Multiplications to evaluate the network once."""
    total, channels, points = 0, CHANNELS, architecture.points
    for filters in architecture.filters:
        total += points * channels * architecture.kernel * filters
        channels, points = filters, points // 2
    return total + channels * points * architecture.nodes
