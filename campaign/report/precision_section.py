"""Section: how the errors of the state points came down to the target, and what that cost."""

from __future__ import annotations

from typing import Any

from ...analysis.one_body import UNITS
from ..precision.attainment import Attainment
from ..precision.table import COLUMNS, row, totals
from .blocks import Block, Missing, Picture, Section, Table, Text
from .findings import Findings
from .style import FAINT, LEARNED, canvas, plain_logarithmic, to_svg

TITLE = "Precision"
HEIGHT = 3.2
LARGEST_NUMBER_OF_ROWS = 50


def section(findings: Findings) -> Section:
    """Draw the errors decision by decision, and tabulate what was predicted and what it took."""
    attained = findings.attained
    if attained is None or not findings.decisions:
        return Section(TITLE, (Missing("Nothing has been decided on yet."),))
    blocks: list[Block] = [Text(f"{attained.text[0].upper()}{attained.text[1:]}.")]
    paths = _paths(findings)
    if paths:
        blocks.append(Picture(_draw(paths, attained), "error against number of replicas", _CAPTION))
    blocks.append(_table(attained))
    return Section(TITLE, tuple(blocks))


_CAPTION = (
    "Widened standard error of each state point at each decision, against the replicas that it "
    "rests on. Dashed: the target. Independent replicas bring the error down as the root of "
    "their number (dotted)."
)


def _paths(findings: Findings) -> list[list[tuple[int, float]]]:
    """Replicas and widened error of each decision with an error, state point by state point."""
    paths: dict[str, list[tuple[int, float]]] = {}
    for decision in findings.decisions:
        if decision.widened_error:
            path = paths.setdefault(decision.ensemble, [])
            path.append((decision.used, decision.widened_error))
    return list(paths.values())


def _draw(paths: list[list[tuple[int, float]]], attained: Attainment) -> str:
    with canvas(HEIGHT) as figure:
        panel = figure.subplots()
        for path in paths:
            panel.plot(*zip(*path, strict=True), "o-", color=LEARNED, alpha=0.7, ms=3.5)
        panel.set_xscale("log")
        panel.set_yscale("log")
        _guide(panel, paths)
        panel.axhline(attained.precision.error, color=FAINT, ls="--", lw=1)
        for axis in (panel.xaxis, panel.yaxis):
            plain_logarithmic(axis)
        quantity = attained.precision.quantity
        panel.set_xlabel("replicas")
        panel.set_ylabel(f"error of {quantity}, {UNITS[quantity][0]}")
        return to_svg(figure, "precision")


def _guide(panel: Any, paths: list[list[tuple[int, float]]]) -> None:
    """Draw the slope of independent replicas through the largest first error."""
    count, error = max((path[0] for path in paths), key=lambda first: first[1])
    most = max(path[-1][0] for path in paths)
    panel.plot((count, most), (error, error * (count / most) ** 0.5), ":", color=FAINT)


def _table(attained: Attainment) -> Table:
    points = sorted(attained.points, key=lambda point: -(point.widened_error or 0.0))
    left_out = len(points) - LARGEST_NUMBER_OF_ROWS
    note = (
        "Widened: with the uncertainty of the error itself; this has to meet the target. Predicted "
        "replicas, and their core hours at nominal speed, are as the first error had it."
    )
    if left_out > 0:
        note += f" {left_out} state points with smaller errors are left out."
    rows = [row(point) for point in points[:LARGEST_NUMBER_OF_ROWS]]
    if len(points) > 1:
        rows.append(totals(attained))
    return Table(COLUMNS, tuple(rows), note=note)
