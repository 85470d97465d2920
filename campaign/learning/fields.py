"""The state points of a campaign: those of the problem, and those that learning adds.

Everything random has its own branch of the seed tree: number i of the problem, of the held-out
fields and of the candidates of a round never depends on how many others are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ...engines.brownian.engine import BrownianEngine
from ...engines.fields.planar import PlanarFourier
from ...engines.system import ParticleSystem
from ..points import draw_point, expand
from ..spec import Campaign
from ..spec_errors import FieldProblem
from .selection import Selection

# The branch of training is number 3: ml.randomness.
HELD_OUT_BRANCH = 1
CANDIDATE_BRANCH = 2
SMALLEST_DATA_SET = 2
SMALLEST_NUMBER_OF_BINS = 9
LARGEST_NUMBER_OF_LABELS = 100_000


class Purpose(StrEnum):
    """What a state point is simulated for."""

    INITIAL = "initial"
    HELD_OUT = "held out"
    RANDOM = "random"
    SELECTED = "selected"


@dataclass(frozen=True)
class PurposefulPoint:
    """A state point, why it is simulated, and from which round on it is learned from."""

    parameters: ParticleSystem
    purpose: Purpose = Purpose.INITIAL
    round: int = 0


def purposeful_points(
    campaign: Campaign, selections: Sequence[Selection] = ()
) -> list[PurposefulPoint]:
    """Every state point that the campaign wants simulated, as far as that is decided."""
    points = [PurposefulPoint(parameters) for parameters in expand(campaign.problem).points]
    if campaign.learning is None:
        return points
    points += _held_out(campaign) + _random(campaign) + _selected(campaign, selections)
    unique: dict[str, PurposefulPoint] = {}
    for point in points:
        unique.setdefault(point.parameters.model_dump_json(), point)
    return list(unique.values())


def problems_of_learning(campaign: Campaign) -> list[FieldProblem]:
    """What keeps a campaign from learning, though each of its tables is right."""
    learning, random = campaign.learning, campaign.problem.random
    if learning is None:
        return []
    if random is None or random.field is None:
        text = (
            "[learning] draws candidates from problem.random.field; give it, `field = {}` will do"
        )
        return [FieldProblem("problem.random.field", None, text)]
    if campaign.problem.engine != BrownianEngine.name:
        text = f"a functional is learned from {BrownianEngine.name} dynamics"
        return [FieldProblem("problem.engine", campaign.problem.engine, text)]
    problems = []
    wanted = learning.held_out + learning.rounds * learning.labels
    if wanted > LARGEST_NUMBER_OF_LABELS:
        text = f"{wanted} state points in all; at most {LARGEST_NUMBER_OF_LABELS} are allowed"
        return [FieldProblem("learning", None, f"held_out + rounds x labels are {text}")]
    points = expand(campaign.problem).points
    if learning.labels > learning.candidates:
        text = f"more than learning.candidates = {learning.candidates} that they are chosen from"
        problems.append(FieldProblem("learning.labels", learning.labels, text))
    for name in ("box_length", "box_shape", "temperature", "friction", "potential"):
        values = {str(getattr(point, name)) for point in points}
        if len(values) > 1:
            text = f"takes {len(values)} values; a functional is learned for one"
            problems.append(FieldProblem(f"problem.parameters.{name}", None, text))
    fields = [point.field for point in points if point.field is not None]
    planar = [field for field in fields if isinstance(field, PlanarFourier)]
    if len(planar) < len(fields):
        text = "a functional is learned in fields of kind planar-fourier"
        problems.append(FieldProblem("problem.points", None, text))
    if not all(field.is_still for field in planar):
        text = "some modes have an angular_frequency; a functional is learned from steady states"
        problems.append(FieldProblem("problem.points", None, text))
    if any(point.box.dimensions != 3 or len(point.counts) > 1 for point in points):
        text = "a functional is learned for one species in three dimensions"
        problems.append(FieldProblem("problem.points", None, text))
    bins = min(campaign.sampling.bins(point.box.profile_length) for point in points)
    if bins < SMALLEST_NUMBER_OF_BINS:
        text = f"leaves {bins} bins in the box; learning takes at least {SMALLEST_NUMBER_OF_BINS}"
        problems.append(FieldProblem("sampling.bin_width", campaign.sampling.bin_width, text))
    if len(points) < SMALLEST_DATA_SET:
        text = f"{len(points)} state points to begin with; at least {SMALLEST_DATA_SET}"
        problems.append(FieldProblem("problem.random.count", random.count, text))
    return problems


def candidate(campaign: Campaign, round_: int, number: int) -> ParticleSystem:
    """Candidate `number` of a round."""
    return draw_point(campaign.problem, CANDIDATE_BRANCH, round_, number)


def _held_out(campaign: Campaign) -> list[PurposefulPoint]:
    count = campaign.learning.held_out if campaign.learning else 0
    return [
        PurposefulPoint(draw_point(campaign.problem, HELD_OUT_BRANCH, number), Purpose.HELD_OUT)
        for number in range(count)
    ]


def _random(campaign: Campaign) -> list[PurposefulPoint]:
    """The same sequence of random fields as the first ones, continued."""
    learning, random = campaign.learning, campaign.problem.random
    if learning is None or random is None or learning.baseline is None:
        return []
    return [
        PurposefulPoint(
            draw_point(campaign.problem, random.count + number),
            Purpose.RANDOM,
            1 + number // learning.labels,
        )
        for number in range(learning.rounds * learning.labels)
    ]


def _selected(campaign: Campaign, selections: Sequence[Selection]) -> list[PurposefulPoint]:
    return [
        PurposefulPoint(candidate(campaign, s.round, number), Purpose.SELECTED, s.round)
        for s in selections
        for number in s.chosen
    ]
