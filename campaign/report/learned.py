"""Judging the committees of a campaign: each is loaded and asked once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from ...ml.committee import predict
from ...ml.evaluation import Estimate, Judgement, difference, judge, label_noise
from ...ml.exploration import Reason, load
from ...ml.gates import Gate, check
from ...ml.profiles import Profiles
from ...ml.selection import TrustLevels, Verdict, sort
from ...ml.trained import TrainedFunctional, load_trained
from ..learning.ending import ending_of
from ..learning.fields import Purpose
from ..learning.library import SMALLEST_COMMITTEE, Committee, Library
from ..learning.selection import Selection
from .findings import Explored, JudgedCommittee, Learned, MemberHistory, Round
from .reader import Reader


@dataclass(frozen=True)
class Loaded:
    """A committee whose members were read from their files."""

    committee: Committee
    members: tuple[TrainedFunctional, ...]

    @property
    def is_usable(self) -> bool:
        """Whether its training is over, and enough members are left to disagree."""
        return not self.committee.missing and len(self.members) >= SMALLEST_COMMITTEE

    @property
    def functionals(self) -> list[Callable[[Any], Any]]:
        """The networks."""
        return [member.functional.profile for member in self.members]


@dataclass
class Judge:
    """Holds the committees of a campaign against its simulations."""

    library: Library
    reader: Reader
    _loaded: dict[tuple[str, ...], Loaded] = field(default_factory=dict)
    _judged: dict[tuple[str, ...], Judgement] = field(default_factory=dict)

    def learned(self) -> Learned:
        """Everything about the rounds of the campaign."""
        rounds = tuple(self._rounds())
        held_out, wanted = self.held_out, self._held_out_points
        return Learned(
            rounds=rounds,
            ending=self.reader.read(lambda: ending_of(self.library)),
            held_out=len(held_out.names) if held_out is not None else 0,
            unusable=len(wanted) - len(held_out.names) if held_out is not None else 0,
            discarded=self._discarded(),
            noise=label_noise(held_out) if held_out is not None else None,
            gates=self._gates(rounds),
            steadiness=self._steadiness(),
        )

    def _steadiness(self) -> tuple[float, ...]:
        data = self.reader.read(self.library.committee_so_far)
        profiles = [data.data.profiles] if data is not None else []
        profiles += [self.held_out] if self.held_out is not None else []
        found = [float(value) for each in profiles for value in each.steadiness]
        return tuple(value for value in found if math.isfinite(value))

    @cached_property
    def held_out(self) -> Profiles | None:
        """Held-out fields that are published and usable, if there are any."""
        found = self.reader.read(self.library.held_out)
        return found if found is not None and found.names else None

    @property
    def _held_out_points(self) -> set[str]:
        """Published held-out state points, usable or not."""
        return self._published(held_out=True)

    def _published(self, *, held_out: bool) -> set[str]:
        plan, store = self.library.plan, self.library.store
        return {
            point.physics.state_point_hash
            for key, (point, _) in plan.wanted.items()
            if (point.purpose is Purpose.HELD_OUT) is held_out and plan.is_published(key, store)
        }

    def _discarded(self) -> int:
        data = self.reader.read(self.library.committee_so_far)
        published = self._published(held_out=False)
        return len(published - set(data.data.outline.names)) if data is not None else 0

    def _rounds(self) -> Iterator[Round]:
        first = self._committee(Purpose.SELECTED, 0) or self._so_far()
        if first is not None:
            yield Round(0, committee=self._judge_committee(first))
        for selection in self.library.selections:
            number = selection.round
            before = self._committee(Purpose.SELECTED, number - 1)
            explored = self._explored(selection)
            found = Round(number, selection, explored)
            yield self._with_labels(found, before) if selection.chosen else found

    def _so_far(self) -> Committee | None:
        """Committee on what is published, if somebody had it trained before all was."""
        if not any(self.library.layout.models.glob("*.json")):
            return None
        found = self.reader.read(self.library.committee_so_far)
        return found if found is not None and found.is_usable else None

    def _with_labels(self, found: Round, before: Committee | None) -> Round:
        """Add what the simulations of a round's choice have led to."""
        after = self._committee(Purpose.SELECTED, found.number)
        baseline = None
        if self.library.learning.baseline is not None:
            baseline = self._committee(Purpose.RANDOM, found.number)
        found = replace(
            found,
            labelled=self._judge_labels(found.number, before, after),
            committee=None if after is None else self._judge_committee(after),
            baseline=None if baseline is None else self._judge_committee(baseline),
        )
        return replace(found, difference=_difference(found))

    def _committee(self, branch: Purpose, number: int) -> Committee | None:
        return self.reader.read(partial(self.library.committee, branch, number))

    def _load(self, committee: Committee) -> Loaded:
        key = tuple(committee.keys)
        if key not in self._loaded:
            members = (self.reader.read(partial(load_trained, path)) for path in committee.paths)
            self._loaded[key] = Loaded(committee, tuple(m for m in members if m is not None))
        return self._loaded[key]

    def _judge_committee(self, committee: Committee) -> JudgedCommittee:
        loaded = self._load(committee)
        judgement = None
        if self.held_out is not None and loaded.is_usable:
            judgement = self._judge(loaded, self.held_out)
        return JudgedCommittee(
            fields=len(committee.data.outline.names),
            size=len(committee.members),
            trained=len(committee.paths),
            quarantined=tuple(member.number for member in committee.quarantined),
            histories=tuple(_history(member) for member in loaded.members),
            judgement=judgement,
        )

    def _judge(self, loaded: Loaded, profiles: Profiles) -> Judgement:
        key = (*loaded.committee.keys, *profiles.names)
        if key not in self._judged:
            self._judged[key] = judge(loaded.functionals, profiles)
        return self._judged[key]

    def _judge_labels(
        self, number: int, before: Committee | None, after: Committee | None
    ) -> Judgement | None:
        """Judge a committee on the fields that were chosen with it."""
        if before is None or after is None or not (loaded := self._load(before)).is_usable:
            return None
        chosen = {
            point.physics.state_point_hash
            for point in self.library.plan.points
            if point.purpose is Purpose.SELECTED and point.round == number
        }
        profiles = after.data.profiles
        fresh = profiles.select([name in chosen for name in profiles.names])
        return self._judge(loaded, fresh) if fresh.names else None

    def _explored(self, selection: Selection) -> Explored | None:
        """Deviations of what was explored, sorted by the levels that held then."""
        levels = TrustLevels(selection.low, selection.high)
        parts = []
        for key in selection.explorations:
            path = self.library.layout.explored / f"{key}.npz"
            exploration = self.reader.read(partial(load, path))
            if exploration is None:
                continue
            verdicts = sort(exploration, levels)
            deviation = exploration.deviation
            beyond = [reason is Reason.DEVIATION for reason in verdicts.reasons]
            other = [reason not in (None, Reason.DEVIATION) for reason in verdicts.reasons]
            accurate = verdicts.indices(Verdict.ACCURATE)
            candidate = verdicts.indices(Verdict.CANDIDATE)
            rows = (accurate, candidate, np.flatnonzero(beyond), np.flatnonzero(other))
            parts.append([deviation[each] for each in rows])
        return Explored(*map(np.concatenate, zip(*parts, strict=True))) if parts else None

    def _gates(self, rounds: tuple[Round, ...]) -> tuple[Gate, ...]:
        """Gates of the last committee that was judged."""
        judged = [r.number for r in rounds if r.judgement is not None]
        if not judged or self.held_out is None:
            return ()
        committee = self._committee(Purpose.SELECTED, judged[-1]) or self._so_far()
        if committee is None:
            return ()
        functionals = self._load(committee).functionals
        return check(lambda p: predict(functionals, p)[0], committee.data.profiles, self.held_out)


def _history(member: TrainedFunctional) -> MemberHistory:
    return MemberHistory(
        number=int(member.member["number"]),
        loss=tuple(float(epoch["loss"]) for epoch in member.history),
        validation=tuple(epoch["validation"] for epoch in member.history),
    )


def _difference(found: Round) -> Estimate | None:
    mine = found.judgement
    other = found.baseline.judgement if found.baseline is not None else None
    return difference(mine, other) if mine is not None and other is not None else None
