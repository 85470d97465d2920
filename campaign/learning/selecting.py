"""Judging what a committee explored, and choosing what to simulate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...ml.profiles import Profiles
from .library import CANDIDATES_PER_TASK, Committee, Library
from .selection import Selection, lineage

if TYPE_CHECKING:
    from ...ml.selection import TrustLevels

SMALLEST_LEVEL = 1e-9
"""Of a force that vanishes everywhere, epsilon/sigma."""


def select(library: Library, round_: int, committee: Committee) -> Selection:
    """Sort the explored candidates of a round by trust levels, and choose among them."""
    from ...ml.exploration import concatenate, load
    from ...ml.selection import Verdict, choose, features, sort

    tasks = library.explorations(round_, committee)
    found = {number: task.output for number, task in enumerate(tasks)}
    found = {number: path for number, path in found.items() if path.exists()}
    explored = concatenate([load(path) for path in found.values()])
    numbers = [
        number * CANDIDATES_PER_TASK + i
        for number in found
        for i in range(len(tasks[number].candidates))
    ]
    levels = _levels(library, committee)
    verdicts = sort(explored, levels)
    profiles = committee.data.profiles
    chosen = choose(explored, verdicts, library.learning.labels, features(profiles.inputs))
    return Selection(
        lineage=lineage(library.plan.campaign),
        round=round_,
        low=levels.low,
        high=levels.high,
        accurate=verdicts.counts[Verdict.ACCURATE],
        candidate=verdicts.counts[Verdict.CANDIDATE],
        failed=verdicts.counts[Verdict.FAILED],
        reasons={str(reason): count for reason, count in sorted(verdicts.failures.items())},
        chosen=tuple(numbers[index] for index in chosen),
        deviations=tuple(float(explored.deviation[index]) for index in chosen),
        members=tuple(committee.keys),
        explorations=tuple(task.key for task in tasks),
    )


def _levels(library: Library, committee: Committee) -> TrustLevels:
    """Trust levels of the file, or levels that follow from what is labelled, in their order."""
    from ...ml.committee import deviation, predict
    from ...ml.selection import TrustLevels
    from ...ml.trained import load_trained

    trust, profiles = library.learning.trust, committee.data.profiles
    high = max(_size(profiles), SMALLEST_LEVEL) if trust.high is None else trust.high
    if trust.low is not None:
        return TrustLevels(trust.low, max(high, 2 * trust.low) if trust.high is None else high)
    members = [load_trained(path).functional.profile for path in committee.paths]
    _, spread = predict(members, profiles.inputs)
    return TrustLevels(min(float(np.median(deviation(spread))), high / 2), high)


def _size(profiles: Profiles) -> float:
    """Root mean square of the internal force, epsilon/sigma."""
    return float(np.sqrt((profiles.internal_force**2).sum(axis=1).mean()))
