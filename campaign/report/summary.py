"""Section: what was learned, in words and numbers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..learning.fields import Purpose
from .blocks import Block, Missing, Section, Text, Tiles
from .findings import Findings, JudgedCommittee, Learned, Round
from .numbers import estimate, plural

if TYPE_CHECKING:
    from ...ml.evaluation import Estimate

FEW_FIELDS = 20
SIGNIFICANT = 2.0
UNSTEADY = 2.0


def section(findings: Findings) -> Section:
    """Say what a campaign has come to."""
    blocks: list[Block] = []
    learned = findings.learned
    if learned is not None:
        blocks += _tiles(learned)
        blocks += _learned(findings, learned)
    blocks += _progress(findings)
    blocks += [Missing(f"In quarantine: {name}: {why}") for name, why in _quarantine(findings)]
    blocks += [Missing(f"Could not be used: {text}") for text in findings.complaints]
    return Section("Summary", tuple(blocks))


def _tiles(learned: Learned) -> list[Block]:
    if learned.final is None:
        return []
    last = learned.judged[-1]
    tiles = [("error on held-out fields", estimate(learned.final.error), "RMS(δf) / RMS(f)")]
    if last.baseline is not None and last.baseline.judgement is not None:
        remark = f"as many fields ({last.baseline.fields}), by chance"
        tiles.append(("with random fields", estimate(last.baseline.judgement.error), remark))
    if learned.noise is not None:
        remark = "error of a perfect functional"
        tiles.append(("floor by label noise", estimate(learned.noise), remark))
    explored, chosen = _explored(learned)
    if explored:
        tiles.append(("simulated of explored", f"{chosen} of {explored}", "candidates, all rounds"))
    return [Tiles(tuple(tiles))]


def _explored(learned: Learned) -> tuple[int, int]:
    selections = [r.selection for r in learned.rounds if r.selection is not None]
    return sum(s.explored for s in selections), sum(len(s.chosen) for s in selections)


def _learned(findings: Findings, learned: Learned) -> Iterator[Block]:
    trained = [r for r in learned.rounds if r.committee is not None]
    if not trained:
        yield Missing("No committee yet: the initial fields are not all simulated.")
    elif learned.judged:
        yield Text(_what_was_learned(learned))
        yield from _against_random(learned.judged[-1])
    elif not learned.held_out:
        yield Missing("No error yet: none of the held-out fields is published.")
    else:
        yield Missing("No error yet: no committee is trained to its end and readable.")
    yield from _ending(learned)
    yield from _troubles(trained)
    if learned.judged:
        yield Text(_statistics(findings, learned))
    if learned.steadiness:
        yield Text(_steadiness(learned.steadiness))


def _what_was_learned(learned: Learned) -> str:
    first, last = learned.judged[0], learned.judged[-1]
    committee, judgement = last.committee, last.judgement
    if committee is None or judgement is None:
        return ""
    text = (
        f"A committee of {committee.trained} force functionals has learned f_int from "
        f"{_origin(learned.rounds[0], committee)}. On {plural(learned.held_out, 'held-out field')} "
        f"its mean is off by {estimate(judgement.error)} of the root mean square force "
        f"(R² = {estimate(judgement.r_squared)}; x, y, z: "
        f"{', '.join(map(estimate, judgement.components))})"
    )
    if first is not last and first.judgement is not None:
        text += f"; before any selection it was {estimate(first.judgement.error)}"
    if learned.noise is not None:
        text += (
            f". A perfect functional would show {estimate(learned.noise)}, because the simulated "
            "forces have errors themselves"
        )
    return text + "."


def _origin(first: Round, committee: JudgedCommittee) -> str:
    initial = first.committee.fields if first.committee is not None else committee.fields
    chosen = committee.fields - initial
    fields = plural(committee.fields, "field")
    return f"{fields}: {initial} initial and {chosen} selected" if chosen else fields


def _against_random(last: Round) -> Iterator[Block]:
    if last.difference is None or last.baseline is None or last.baseline.judgement is None:
        return
    yield Text(
        f"Trained on as many random fields, a committee is off by "
        f"{estimate(last.baseline.judgement.error)}. Field by field, selected less random, the "
        f"difference is {estimate(last.difference)}{_meaning(last.difference)}."
    )


def _meaning(difference: Estimate) -> str:
    """Say which is better, and whether that may be chance."""
    if not difference.error > 0:
        return ""
    sigmas = abs(difference.value) / difference.error
    which = "smaller" if difference.value < 0 else "larger"
    chance = "" if sigmas >= SIGNIFICANT else ", which is within chance"
    return f": the error with selected fields is {which} by {sigmas:.1f} standard errors{chance}"


def _ending(learned: Learned) -> Iterator[Block]:
    if learned.ending is None:
        yield Missing(f"Not finished: {_stage(learned)}.")
    elif learned.ending.is_failure:
        yield Missing(f"The loop ended without having done its work: {learned.ending.text}")
    else:
        yield Text(f"The loop has ended: {learned.ending.text}.")


def _stage(learned: Learned) -> str:
    """What is under way."""
    rounds = learned.rounds
    if not rounds or rounds[-1].committee is None:
        purpose = Purpose.SELECTED if rounds else Purpose.INITIAL
        return f"the {purpose} fields are being simulated"
    last = rounds[-1]
    if last.committee is not None and not last.committee.is_whole:
        done = f"{last.committee.trained} of {last.committee.size}"
        return f"round {last.number}, {done} members are trained"
    return f"round {last.number} is trained, round {last.number + 1} is to be explored"


def _troubles(trained: list[Round]) -> Iterator[Block]:
    """Committees that go on without some of their members, and baselines under way."""
    for found in trained:
        for committee, kind in ((found.committee, ""), (found.baseline, " on random fields")):
            if committee is not None and committee.quarantined:
                lost = ", ".join(map(str, committee.quarantined))
                yield Missing(
                    f"Round {found.number}{kind}: member {lost} of {committee.size} (counted from "
                    "0) could not be trained; the committee goes on without it."
                )
        if found.baseline is not None and not found.baseline.is_whole:
            done = f"{found.baseline.trained} of {found.baseline.size}"
            yield Missing(f"Round {found.number} on random fields: {done} members are trained.")


def _statistics(findings: Findings, learned: Learned) -> str:
    replicas = findings.campaign.problem.replicas
    each = "one replica each" if replicas == 1 else f"{replicas} replicas each"
    text = (
        "Brackets hold the standard error in the last digits, from a jackknife over the "
        f"{plural(learned.held_out, 'held-out field')} ({each}). It says nothing about other "
        "initial fields or training seeds: this is one campaign with one seed"
    )
    if learned.held_out < FEW_FIELDS:
        text += ", and so few fields give the standard error itself only roughly"
    return text + "."


def _steadiness(ratios: tuple[float, ...]) -> str:
    unsteady = sum(ratio > UNSTEADY for ratio in ratios)
    text = (
        f"Half against half: the internal forces of the first and the second half of the sampling "
        f"differ by {statistics.median(ratios):.2f} times what their standard errors let expect "
        f"(median of {plural(len(ratios), 'field')}; the largest is {max(ratios):.2f}; 1 in a "
        "steady state)"
    )
    if unsteady:
        text += (
            f". {plural(unsteady, 'field')} above {UNSTEADY:g}: compare with a longer "
            "sampling.transient_time"
        )
    return text + "."


def _progress(findings: Findings) -> Iterator[Block]:
    if not findings.published:
        yield Missing(f"Nothing is simulated yet: {findings.wanted} replicas are wanted.")
        return
    parts = [
        f"{each.published} of {each.wanted} {purpose}"
        for purpose, each in findings.simulated.items()
    ]
    listed = f" ({', '.join(parts)})" if findings.learned is not None else ""
    yield Text(f"Simulated: {findings.published} of {findings.wanted} replicas{listed}.")
    yield from _left_out(findings.learned) if findings.learned is not None else ()


def _left_out(learned: Learned) -> Iterator[Missing]:
    """Say how many fields teach or judge nothing, and why."""
    left_out = {"held-out field": learned.unusable, "training field": learned.discarded}
    for kind, count in left_out.items():
        if count:
            yield Missing(
                f"{plural(count, kind)} left out: they have places that particles hardly ever visit"
            )


def _quarantine(findings: Findings) -> list[tuple[str, str]]:
    return [(name, why.strip().splitlines()[-1]) for name, why in findings.quarantined.items()]
