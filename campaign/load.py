"""Reading a campaign file."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..engines.registry import ENGINES
from .domain_problems import problems_of_domains
from .learning.fields import problems_of_learning
from .points import expand
from .precision.problems import problems_of_precision
from .spec import AnyProblem, Campaign, Problem
from .spec_errors import FieldProblem, SpecError, problems_of


def load_campaign(path: Path) -> Campaign:
    """Read and validate a campaign file; `SpecError` lists everything that is wrong with it."""
    document = _parse(path)
    campaign, problem, problems = None, None, []
    try:
        campaign = Campaign.model_validate(document)
        problem = campaign.problem
    except ValidationError as error:
        problems = problems_of(error, Campaign) + _problems_of_meant(document)
        problem = _problem_alone(document)
    if problem is not None:
        problems += expand(problem).problems
    if campaign is not None and not problems:
        problems += problems_of_precision(campaign) + problems_of_learning(campaign)
        problems += problems_of_domains(campaign)
    if campaign is None or problems:
        raise SpecError(path, problems)
    return campaign


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        message = "no such file; `perrin init` makes one"
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {error}"
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        message = f"not valid TOML: {error}"
    raise SpecError(path, [FieldProblem("", None, message)])


def _problems_of_meant(document: dict[str, Any]) -> list[FieldProblem]:
    """What else is wrong where the engine is misspelt, whose parameters are then not known."""
    match document:
        case {"problem": {"engine": str(engine)}} if engine not in ENGINES:
            meant = difflib.get_close_matches(engine, list(ENGINES), n=1)
        case _:
            meant = []
    if not meant:
        return []
    try:
        Campaign.model_validate(document | {"problem": document["problem"] | {"engine": meant[0]}})
    except ValidationError as error:
        found = problems_of(error, Campaign)
        return [problem for problem in found if problem.field.startswith("problem.")]
    return []


def _problem_alone(document: dict[str, Any]) -> Problem | None:
    try:
        return TypeAdapter(AnyProblem).validate_python(document.get("problem"))
    except ValidationError:
        return None
