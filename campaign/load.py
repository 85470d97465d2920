"""Reading a campaign file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .learning.fields import problems_of_learning
from .points import expand
from .precision.problems import problems_of_precision
from .spec import Campaign, Problem
from .spec_errors import FieldProblem, SpecError, problems_of


def load_campaign(path: Path) -> Campaign:
    """Read and validate a campaign file; `SpecError` lists everything that is wrong with it."""
    document = _parse(path)
    campaign, problem, problems = None, None, []
    try:
        campaign = Campaign.model_validate(document)
        problem = campaign.problem
    except ValidationError as error:
        problems = problems_of(error, Campaign)
        problem = _problem_alone(document)
    if problem is not None:
        problems += expand(problem).problems
    if campaign is not None and not problems:
        problems += problems_of_precision(campaign) + problems_of_learning(campaign)
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


def _problem_alone(document: dict[str, Any]) -> Problem | None:
    try:
        return Problem.model_validate(document.get("problem"))
    except ValidationError:
        return None
