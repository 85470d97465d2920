"""Section: physical laws that the last committee keeps or breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .blocks import Missing, Section, Table
from .findings import Findings
from .numbers import plural

if TYPE_CHECKING:
    from ...ml.gates import Gate

TITLE = "Physical gates"
HEADER = ("law", "broken by", "limit", "at this scale", "what was tested")


def section(findings: Findings) -> Section:
    """Tabulate the gates."""
    learned = findings.learned
    if learned is None or not learned.gates:
        return Section(TITLE, (Missing("No committee has been held against simulations yet."),))
    passed = sum(gate.passed for gate in learned.gates)
    committee = learned.judged[-1].committee
    scale = plural(committee.fields, "field") if committee is not None else "few fields"
    note = (
        f"The mean of the committee passes {passed} of {len(learned.gates)} at this scale: it has "
        f"learned from {scale}. Nothing in its training enforces these laws; mirror images of the "
        "data suggest some of them."
    )
    return Section(TITLE, (Table(HEADER, tuple(map(_cells, learned.gates)), note=note),))


def _cells(gate: Gate) -> tuple[str, ...]:
    verdict = "✓ pass" if gate.passed else "✗ fail"
    return gate.name, _percent(gate.value), _percent(gate.limit), verdict, gate.text


def _percent(value: float) -> str:
    share = 100 * value
    number = f"{share:.0e}" if 0 < share < 0.01 else f"{share:.2g}"
    return f"{number}\N{NO-BREAK SPACE}%"
