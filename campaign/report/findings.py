"""What a report is about: everything the sections show, as plain values.

Nothing in here reads a file or asks a network: `gathering` has done that once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...engines.arrays import Floats
from ..learning.ending import Ending
from ..learning.fields import Purpose
from ..learning.selection import Selection
from ..precision.attainment import Attainment
from ..precision.decision import Decision
from ..spec import Campaign
from .spending import Spending

if TYPE_CHECKING:
    from ...ml.evaluation import Estimate, Judgement
    from ...ml.gates import Gate


@dataclass(frozen=True)
class Simulated:
    """Replicas that are simulated for one purpose."""

    published: int
    wanted: int


@dataclass(frozen=True)
class MemberHistory:
    """Losses of one member per epoch, epsilon^2/sigma^2; validation is None without such fields."""

    number: int
    loss: tuple[float, ...]
    validation: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class JudgedCommittee:
    """A committee, and what the held-out fields say about it."""

    fields: int
    """State points that it learns from."""
    size: int
    """Members wanted."""
    trained: int
    """Members trained."""
    quarantined: tuple[int, ...]
    """Numbers of the members whose training failed."""
    histories: tuple[MemberHistory, ...]
    """Of the trained members that can be read."""
    judgement: Judgement | None
    """On the held-out fields; None without them, or while members are still to be trained."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to train."""
        return self.trained + len(self.quarantined) == self.size


@dataclass(frozen=True, eq=False)
class Explored:
    """Deviations of what a round explored, epsilon/sigma, by what became of it."""

    accurate: Floats
    candidate: Floats
    deviating: Floats
    """Failed for their deviation alone."""
    failed: Floats
    """Failed for another reason; NaN where the committee gave no number."""


@dataclass(frozen=True, eq=False)
class Round:
    """A round: what was explored and chosen, and the committee that learned from it."""

    number: int
    selection: Selection | None = None
    """None for round 0, which learns from the initial fields."""
    explored: Explored | None = None
    labelled: Judgement | None = None
    """The committee before, judged on the fields that were chosen with it."""
    committee: JudgedCommittee | None = None
    """None before its data are simulated, or if nothing was chosen."""
    baseline: JudgedCommittee | None = None
    """Learns from as many random fields; None without a baseline and in round 0."""
    difference: Estimate | None = None
    """Error of the committee less that of the baseline, paired field by field."""

    @property
    def judgement(self) -> Judgement | None:
        """What the held-out fields say about the committee."""
        return self.committee.judgement if self.committee is not None else None


@dataclass(frozen=True, eq=False)
class Learned:
    """What active learning has come to."""

    rounds: tuple[Round, ...] = ()
    ending: Ending | None = None
    """Why the loop ended; None while there is more to do."""
    held_out: int = 0
    """Published held-out fields that judge the committees."""
    unusable: int = 0
    """Published held-out fields that are left out, for places that are hardly visited."""
    discarded: int = 0
    """Published fields that nothing learns from, for the same reason."""
    noise: Estimate | None = None
    """Relative standard error of the held-out forces; None if unknown."""
    gates: tuple[Gate, ...] = ()
    """Of the last committee that was judged."""
    steadiness: tuple[float, ...] = ()
    """First half of the sampling against the second, of each field with enough blocks to tell."""

    @property
    def judged(self) -> list[Round]:
        """Rounds whose committee was held against held-out fields."""
        return [r for r in self.rounds if r.judgement is not None]

    @property
    def final(self) -> Judgement | None:
        """Judgement of the last of them."""
        return self.judged[-1].judgement if self.judged else None


@dataclass(frozen=True, eq=False)
class Findings:
    """A campaign as the report sees it."""

    campaign: Campaign
    source: str
    """The campaign file."""
    simulated: dict[Purpose, Simulated]
    """Progress of the simulations, purpose by purpose."""
    quarantined: dict[str, str]
    """What is not tried any more (a replica or a member, in words) -> why."""
    spending: Spending
    software: dict[str, Any]
    """What the last manager ran on, or this process if there was none."""
    fields: Any = None
    """Fields to show, an `analysis.dataset.one_body_dataset`; None if there are none."""
    learned: Learned | None = None
    """None for a campaign without [learning]."""
    attained: Attainment | None = None
    """Where the precision stands; None for a campaign without [precision]."""
    decisions: tuple[Decision, ...] = ()
    """Decisions under the present [precision], the oldest first."""
    complaints: tuple[str, ...] = ()
    """Damaged files, and what else could not be used."""

    @property
    def published(self) -> int:
        """Replicas published, for whatever purpose."""
        return sum(each.published for each in self.simulated.values())

    @property
    def wanted(self) -> int:
        """Replicas wanted as far as that is decided."""
        return sum(each.wanted for each in self.simulated.values())
