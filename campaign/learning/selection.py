"""What a round decided: how its candidates were judged, and which of them are simulated.

Selections are journaled before anything is simulated, and a restart replays them. They hold for
everything that led to them: `lineage` is the hash of that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ...engines.canonical import digest
from ...ml.settings import LOOP_VERSION
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
        tuples = {name: tuple(document[name]) for name in ("chosen", "deviations", "members")}
        return cls(**{**document, **tuples})


def lineage(campaign: Campaign) -> str:
    """Hash of all that a selection depends on; more rounds continue the same lineage."""
    if campaign.learning is None:
        return ""
    learning = campaign.learning.model_dump(exclude={"rounds", "baseline", "held_out"})
    del learning["training"]["processes"]
    return digest(
        {
            "problem": campaign.problem.model_dump(mode="json"),
            "sampling": campaign.sampling.model_dump(mode="json"),
            "learning": learning,
            "version": LOOP_VERSION,
        }
    )


def selections_of(campaign: Campaign, documents: Iterable[dict[str, Any]]) -> list[Selection]:
    """Selections of this lineage among journaled ones, round by round, within the budget."""
    if campaign.learning is None:
        return []
    mine = [Selection.from_document(d) for d in documents if d["lineage"] == lineage(campaign)]
    by_round = {selection.round: selection for selection in reversed(mine)}
    rounds = range(1, campaign.learning.rounds + 1)
    return [by_round[number] for number in rounds if number in by_round]
