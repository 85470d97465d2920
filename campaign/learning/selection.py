"""What a round decided: how its candidates were judged, and which of them are simulated.

Selections are journaled before anything is simulated, and a restart replays them. They hold for
everything that led to them: `lineage` is the hash of that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ...engines.canonical import digest
from ...engines.identity import sampling_document, sampling_hash
from ...engines.registry import ENGINES
from ...ml.architecture import FUNCTIONAL_VERSION
from ...ml.settings import LOOP_VERSION
from ...ml.training_job import TRAINING_VERSION
from ..points import expand
from ..spec import Campaign


@dataclass(frozen=True)
class Selection:
    """One round's decision.

    Attributes
    ----------
    lineage
        Hash of all of the campaign that it depends on.
    round
        Number of the round, from 1.
    low, high
        Trust levels, epsilon/sigma.
    accurate, candidate, failed
        Counts of explored candidates; they add up to all.
    reasons
        Why candidates failed, with counts.
    chosen
        Numbers of the candidates to simulate, in order of choice.
    deviations
        Committee deviation of each chosen one, epsilon/sigma.
    members
        Keys of the committee that explored.
    explorations
        Keys of what it explored.
    """

    lineage: str
    round: int
    low: float
    high: float
    accurate: int
    candidate: int
    failed: int
    reasons: dict[str, int]
    chosen: tuple[int, ...]
    deviations: tuple[float, ...]
    members: tuple[str, ...]
    explorations: tuple[str, ...]

    @property
    def explored(self) -> int:
        """Number of candidates explored."""
        return self.accurate + self.candidate + self.failed

    def as_document(self) -> dict[str, Any]:
        """Plain values for the journal."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Selection:
        """Inverse of `as_document`."""
        tuples = {name: tuple(document[name]) for name in _TUPLES}
        return cls(**{**document, **tuples})


_TUPLES = ("chosen", "deviations", "members", "explorations")


def lineage(campaign: Campaign) -> str:
    """Hash of all that a selection answers for.

    More rounds, longer sampling, more replicas, another baseline and other held-out fields continue
    a lineage: they make data and committees better, and what was selected stays selected.
    """
    if campaign.learning is None:
        return ""
    problem, engine = campaign.problem, ENGINES[campaign.problem.engine]
    learning = campaign.learning.model_dump(mode="json", exclude={"rounds", "baseline", "held_out"})
    del learning["training"]["processes"]
    points = (point.model_dump_json() for point in expand(problem).points)
    sampling = sampling_document(campaign.sampling, engine.statistics_version)
    return digest(
        {
            "engine": [problem.engine, engine.physics_version],
            "points": sorted(points),
            "dynamics": problem.dynamics.model_dump(mode="json"),
            "parameters": problem.parameters.model_dump(mode="json"),
            "random": problem.random.model_dump(mode="json") if problem.random else None,
            "seed": problem.seed,
            "sampling": sampling_hash(sampling),
            "learning": learning,
            "versions": [LOOP_VERSION, FUNCTIONAL_VERSION, TRAINING_VERSION],
        }
    )


def selections_of(campaign: Campaign, documents: Iterable[dict[str, Any]]) -> list[Selection]:
    """Selections of this lineage among journaled ones, round by round, up to the first gap."""
    if campaign.learning is None:
        return []
    ours = lineage(campaign)
    mine = [Selection.from_document(d) for d in documents if d["lineage"] == ours]
    by_round = {selection.round: selection for selection in reversed(mine)}
    rounds = range(1, campaign.learning.rounds + 1)
    return [by_round[number] for number in itertools.takewhile(by_round.__contains__, rounds)]
