"""What is wrong with a campaign that cuts its systems into domains."""

from __future__ import annotations

from ..engines.domains.limits import ENGINES, problem_of
from .points import expand
from .spec import Campaign
from .spec_errors import FieldProblem


def problems_of_domains(campaign: Campaign) -> list[FieldProblem]:
    """Everything that keeps replicas from being cut among the processes of a group."""
    resources, problem = campaign.resources, campaign.problem
    if not resources.domains:
        return []
    if resources.mpi_ranks < 2:
        message = "needs a process for each domain: give resources.mpi_ranks, 2 or more"
        return [FieldProblem("resources.domains", None, message)]
    if problem.engine not in ENGINES:
        message = f"only replicas of {' and '.join(ENGINES)} can be cut into domains"
        return [FieldProblem("resources.domains", None, message)]
    if campaign.learning is not None:
        message = "cannot be combined with [learning], whose replicas are small"
        return [FieldProblem("resources.domains", None, message)]
    points = expand(problem).points
    found = {problem_of(point, problem.dynamics, resources.mpi_ranks) for point in points}
    return [FieldProblem("resources.domains", None, text) for text in sorted(filter(None, found))]
