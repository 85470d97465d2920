"""What learning will cost beside the simulations that are planned already.

The nominal speed of training is that of the network of Zimmermann et al. (2024) on bins of .1
sigma, forwards and backwards, on one core of a 2.6 GHz AVX-512 processor.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...ml.architecture import CHANNELS, IMAGES, Architecture
from ..plan import Plan
from .fields import Purpose
from .selection import Selection

MULTIPLICATIONS_PER_SECOND = 6e9


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
    """

    labels: int
    label_core_hours: float
    training_core_hours: float


def learning_cost(plan: Plan, selections: list[Selection]) -> LearningCost:
    """Estimate what the rounds to come will cost."""
    learning = plan.campaign.learning
    if learning is None:
        return LearningCost(0, 0.0, 0.0)
    initial = [point for point in plan.points if point.purpose is Purpose.INITIAL]
    mean = sum(point.replica_seconds for point in initial) / len(initial)
    labels = (learning.rounds - len(selections)) * learning.labels
    seconds = labels * mean * plan.campaign.problem.replicas
    sizes = [len(initial) + round_ * learning.labels for round_ in range(learning.rounds + 1)]
    committees = sizes + (sizes[1:] if learning.baseline else [])
    training = learning.committee * sum(committees) * _seconds_per_simulation(plan)
    return LearningCost(labels, seconds / 3600, training / 3600)


def _seconds_per_simulation(plan: Plan) -> float:
    """Time to train one member on one simulation, all epochs."""
    learning = plan.campaign.learning
    if learning is None:
        return 0.0
    length = plan.points[0].parameters.box_length
    bins = plan.campaign.sampling.bins(length)
    architecture = Architecture.of(learning.functional, length / bins)
    share = IMAGES * (1 - learning.training.validation)
    windows = bins * share * learning.training.epochs
    return windows * multiplications(architecture) / MULTIPLICATIONS_PER_SECOND


def multiplications(architecture: Architecture) -> int:
    """Multiplications to evaluate the network once."""
    total, channels, points = 0, CHANNELS, architecture.points
    for filters in architecture.filters:
        total += points * channels * architecture.kernel * filters
        channels, points = filters, points // 2
    return total + channels * points * architecture.nodes
