"""From the three ways of writing state points to the list of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from ..engines.box import make_box
from ..engines.registry import ENGINES
from ..engines.system import ParticleSystem
from .spec import LARGEST_NUMBER_OF_REPLICAS, Problem, RandomPoints
from .spec_errors import FieldProblem, problems_of

CUBE = (1.0, 1.0, 1.0)


@dataclass
class Expansion:
    """State points of a problem, and what is wrong with those that are missing."""

    points: list[ParticleSystem]
    problems: list[FieldProblem]


_newest: list[tuple[Problem, Expansion]] = []


def expand(problem: Problem) -> Expansion:
    """Make every state point of `problem`, each once, in the order of the file.

    The last answer is kept: a problem is first validated, then planned.
    """
    if not (_newest and _newest[0][0] is problem):
        _newest[:] = [(problem, _expand(problem))]
    return _newest[0][1]


def _expand(problem: Problem) -> Expansion:
    model = ENGINES[problem.engine].Parameters
    points: dict[str, ParticleSystem] = {}
    problems: dict[str, FieldProblem] = {}
    if (wanted := count(problem)) > LARGEST_NUMBER_OF_REPLICAS:
        message = f"{wanted} replicas in all; at most {LARGEST_NUMBER_OF_REPLICAS} are allowed"
        return Expansion([], [FieldProblem("problem", None, message)])
    shared = {name: getattr(problem.parameters, name) for name in _given(problem.parameters)}
    for origin, fields in _written(problem):
        try:
            merged = _with_two_of_three({**shared, **fields})
            point = model.model_validate(merged)
            points[point.model_dump_json()] = point
        except ValidationError as error:
            for found in problems_of(error, model):
                located = _locate(found, origin, fields, shared)
                problems.setdefault(located.field + located.message, located)
        except ValueError as error:
            problems.setdefault(origin + str(error), FieldProblem(origin, None, str(error)))
    if not points and not problems:
        message = "no state points; give `points`, `grid` or `random`, or complete `parameters`"
        problems[""] = FieldProblem("problem", None, message)
    return Expansion(list(points.values()), list(problems.values()))


def count(problem: Problem) -> int:
    """Return the number of replicas that a problem asks for, without making them."""
    grid = _given(problem.grid).values() if problem.grid is not None else [[]]
    drawn = problem.random.count if problem.random is not None else 0
    points = len(problem.points) + math.prod(map(len, grid)) + drawn
    return points * problem.replicas


def _written(problem: Problem) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, point in enumerate(problem.points):
        yield f"problem.points[{number}]", _given(point)
    if problem.grid is not None:
        lists = _given(problem.grid)
        for values in itertools.product(*lists.values()):
            yield "problem.grid", dict(zip(lists, values, strict=True))
    if problem.random is not None:
        for number in range(problem.random.count):
            yield "problem.random", draw(problem.random, problem.seed, number)
    if not problem.points and problem.grid is None and problem.random is None:
        yield "problem.parameters", {}


def _given(model: Any) -> dict[str, Any]:
    """Fields that the file sets, as plain values."""
    return {
        name: value
        for name, value in model.model_dump(exclude_unset=True).items()
        if value is not None
    }


def _with_two_of_three(fields: dict[str, Any]) -> dict[str, Any]:
    """Resolve a density into the missing one of particles and box length."""
    density = fields.pop("density", None)
    if density is None:
        return fields
    if "particles" in fields and "box_length" in fields:
        raise ValueError("particles, box_length and density are given; drop one of them")
    if "particles" in fields:
        return {**fields, "box_length": _edge(fields["particles"] / density, fields)}
    if "box_length" in fields:
        shape = fields.get("box_shape", CUBE)
        particles = round(density * make_box(fields["box_length"], shape).volume)
        if particles < 1:
            raise ValueError(f"density = {density:g} leaves no particle in the box")
        return {**fields, "particles": particles}
    raise ValueError("density needs particles or box_length beside it")


def _edge(volume: float, fields: dict[str, Any]) -> float:
    """Length of a box of this volume, or area, and of the given shape, sigma."""
    shape = fields.get("box_shape", CUBE)
    return float((volume / math.prod(shape)) ** (1 / len(shape)))


def draw_point(problem: Problem, *numbers: int) -> ParticleSystem:
    """Draw a whole state point from the random distribution of `problem`."""
    if problem.random is None:
        raise ValueError("the problem has no random distribution")
    fields = {**_given(problem.parameters), **draw(problem.random, problem.seed, *numbers)}
    model = ENGINES[problem.engine].Parameters
    return model.model_validate(_with_two_of_three(fields))


def draw(random: RandomPoints, seed: int, *numbers: int) -> dict[str, Any]:
    """Draw the state point with these numbers; independent of how many others are drawn."""
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=numbers))
    fields: dict[str, Any] = {}
    if random.particles is not None:
        fields["particles"] = int(generator.integers(*random.particles, endpoint=True))
    for name in ("temperature", "density"):
        limits = getattr(random, name)
        if limits is not None:
            fields[name] = float(generator.uniform(*limits))
    if random.field is not None:
        fields["field"] = random.field.draw(generator).model_dump()
    if random.potential is not None:
        fields["potential"] = random.potential.draw(generator).model_dump()
    return fields


def _locate(
    found: FieldProblem, origin: str, fields: dict[str, Any], shared: dict[str, Any]
) -> FieldProblem:
    """Point a problem at the table of the file that the value comes from."""
    name = found.field.split(".")[0].split("[")[0]
    table = "problem.parameters" if name in shared and name not in fields else origin
    return found._replace(field=f"{table}.{found.field}" if found.field else origin)
