"""Section: what was explored, and what became of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engines.arrays import Floats
from .blocks import Missing, Picture, Section, Table
from .findings import Explored, Findings, Round
from .style import (
    ACCURATE,
    CANDIDATE,
    FAILED,
    FAINT,
    INK,
    RANDOM,
    canvas,
    plain_logarithmic,
    to_svg,
    whole_numbers,
)

TITLE = "Explored candidates"
HEIGHT_OF_A_ROUND = 1.5
BINS = 30
MARGIN = 1.3


def section(findings: Findings) -> Section:
    """Draw the deviations of candidates, round by round, and count the failures."""
    rounds = [
        found
        for found in (findings.learned.rounds if findings.learned is not None else ())
        if found.selection is not None
    ]
    if not rounds:
        return Section(TITLE, (Missing("Nothing is explored yet."),))
    drawn = [found for found in rounds if found.explored is not None]
    picture = (
        Picture(_draw(drawn), "histograms of the committee deviation", _caption())
        if drawn
        else Missing("The explored fields are not there any more, or cannot be read.")
    )
    return Section(TITLE, (picture, _table(rounds)))


def _caption() -> str:
    return (
        "Committee deviation of the candidates of each round, in the steady states that the "
        "committee predicts for them. Dashed: trust levels. Ticks below: candidates chosen to be "
        "simulated. Failures for other reasons than their deviation are counted in the table; "
        "those that have a deviation are drawn too."
    )


def _draw(rounds: list[Round]) -> str:
    edges = _edges(rounds)
    with canvas(0.7 + HEIGHT_OF_A_ROUND * len(rounds)) as figure:
        panels = figure.subplots(len(rounds), 1, sharex=True, squeeze=False)[:, 0]
        for panel, found in zip(panels, rounds, strict=True):
            _draw_round(panel, found, edges)
        panels[0].set_xscale("log")
        plain_logarithmic(panels[0].xaxis)
        panels[-1].set_xlabel(r"committee deviation, $\epsilon/\sigma$")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        return to_svg(figure, "explored")


def _draw_round(panel: Any, found: Round, edges: Floats) -> None:
    explored, selection = found.explored, found.selection
    if explored is None or selection is None:
        return
    panel.hist(
        [_drawable(values) for values in _parts(explored)],
        bins=edges,
        stacked=True,
        color=[ACCURATE, CANDIDATE, RANDOM, FAILED],
        label=["accurate", "candidate", "failed: deviation", "failed: other"],
    )
    for level in (selection.low, selection.high):
        panel.axvline(level, color=INK, ls="--", lw=0.8)
    panel.plot(
        selection.deviations,
        np.zeros(len(selection.deviations)),
        "|",
        color=INK,
        ms=9,
        mew=1.4,
        clip_on=False,
        label="chosen",
    )
    panel.set_ylabel(f"round {found.number}")
    whole_numbers(panel.yaxis)
    panel.axhline(0, color=FAINT, lw=0.5)


def _parts(explored: Explored) -> tuple[Floats, ...]:
    return explored.accurate, explored.candidate, explored.deviating, explored.failed


def _drawable(values: Floats) -> Floats:
    return values[np.isfinite(values) & (values > 0)]


def _edges(rounds: list[Round]) -> Floats:
    """Edges of the histograms, evenly spaced in the logarithm."""
    found = [_drawable(v) for r in rounds if r.explored is not None for v in _parts(r.explored)]
    levels = [r.selection.low for r in rounds if r.selection is not None]
    levels += [r.selection.high for r in rounds if r.selection is not None]
    everything = np.concatenate([*found, _drawable(np.array(levels))])
    return np.geomspace(everything.min() / MARGIN, everything.max() * MARGIN, BINS + 1)


def _table(rounds: list[Round]) -> Table:
    selections = [r.selection for r in rounds if r.selection is not None]
    reasons = sorted({reason for s in selections for reason in s.reasons})
    header = ("round", "explored", *(f"failed: {reason}" for reason in reasons))
    rows = tuple(
        (str(s.round), str(s.explored), *(str(s.reasons.get(reason, 0)) for reason in reasons))
        for s in selections
    )
    return Table(header, rows, note="" if reasons else "No candidate failed.")
