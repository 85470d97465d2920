"""Section: the table of rounds, on the page and on the terminal."""

from __future__ import annotations

import math
from typing import Any

from rich.table import Table as TerminalTable

from .blocks import Block, Missing, Section, Table, Text
from .findings import Findings, Learned, Round
from .numbers import NOTHING, estimate, listed

HEADER = (
    "round",
    "fields learned from",
    "explored",
    "accurate",
    "candidate",
    "failed",
    "labelled",
    "trust levels",
    "error",
    "error, random",
    "difference",
)
TERMINAL_HEADER = (
    "round",
    "fields",
    "expl.",
    "acc.",
    "cand.",
    "failed",
    "labels",
    "error",
    "random",
    "difference",
)
TRUST_COLUMN = HEADER.index("trust levels")


def section(findings: Findings) -> Section:
    """Tabulate the rounds."""
    learned = findings.learned
    if learned is None or not learned.rounds:
        return Section("Rounds", (Missing("No round yet: no committee has its data set."),))
    blocks: list[Block] = [
        Table(HEADER, tuple(_cells(r) for r in learned.rounds), note=_note(learned))
    ]
    failures = [
        f"round {r.number}: {listed(r.selection.reasons)}"
        for r in learned.rounds
        if r.selection is not None and r.selection.reasons
    ]
    if failures:
        blocks.append(Text(f"Why candidates failed: {'; '.join(failures)}."))
    return Section("Rounds", tuple(blocks))


def terminal_table(learned: Learned) -> TerminalTable:
    """Tabulate the rounds within 80 columns, without the trust levels."""
    table = TerminalTable(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in TERMINAL_HEADER:
        table.add_column(name, justify="right", no_wrap=True)
    for found in learned.rounds:
        cells = _cells(found)
        table.add_row(*cells[:TRUST_COLUMN], *cells[TRUST_COLUMN + 1 :])
    return table


def as_documents(learned: Learned) -> list[dict[str, Any]]:
    """Plain values of every round, for scripts."""
    return [_document(found) for found in learned.rounds]


def _cells(found: Round) -> tuple[str, ...]:
    selection, committee = found.selection, found.committee
    counts = [NOTHING] * 6
    if selection is not None:
        numbers = (selection.explored, selection.accurate, selection.candidate, selection.failed)
        counts = [*map(str, numbers), str(len(selection.chosen))]
        counts.append(f"{selection.low:.2g} to {selection.high:.2g}")
    baseline = found.baseline.judgement if found.baseline is not None else None
    return (
        str(found.number),
        str(committee.fields) if committee is not None else NOTHING,
        *counts,
        estimate(found.judgement.error if found.judgement is not None else None),
        estimate(baseline.error if baseline is not None else None),
        estimate(found.difference),
    )


def _note(learned: Learned) -> str:
    return (
        "Each round explores with the committee of the round before, then learns from what was "
        "labelled. Trust levels: committee deviation in ε/σ below which a candidate is accurate, "
        "and from which it failed. Errors: RMS(δf) / RMS(f) on "
        f"{learned.held_out} held-out fields, the error of the last digits in brackets; the "
        "difference, selected less random, is paired field by field."
    )


def _document(found: Round) -> dict[str, Any]:
    selection, committee = found.selection, found.committee
    judgements = {
        "error": found.judgement,
        "error_random": found.baseline.judgement if found.baseline is not None else None,
    }
    estimates = {name: j.error if j is not None else None for name, j in judgements.items()}
    estimates["difference"] = found.difference
    return {
        "round": found.number,
        "fields": committee.fields if committee is not None else None,
        "explored": selection.explored if selection is not None else None,
        "accurate": selection.accurate if selection is not None else None,
        "candidate": selection.candidate if selection is not None else None,
        "failed": selection.reasons if selection is not None else None,
        "labelled": len(selection.chosen) if selection is not None else None,
        "trust": [selection.low, selection.high] if selection is not None else None,
        **{
            name: [_number(found.value), _number(found.error)] if found is not None else None
            for name, found in estimates.items()
        },
    }


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return value if math.isfinite(value) else None
