"""Section: does the committee know where it is wrong? Its deviation against its true error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .blocks import Missing, Picture, Section, Table
from .findings import Findings, Learned
from .numbers import NOTHING
from .style import FAINT, canvas, ordinal, panel_letter, plain_logarithmic, to_svg

if TYPE_CHECKING:
    from ...ml.evaluation import Judgement

TITLE = "Deviation and true error"
HEIGHT = 3.9
MARGIN = 1.3


@dataclass(frozen=True, eq=False)
class Series:
    """Fields that one committee was asked about."""

    committee: int
    """Round after which it was trained."""
    held_out: bool
    """Held-out fields, or those that were selected with the committee."""
    judgement: Judgement

    @property
    def kind(self) -> str:
        """Which fields these are."""
        return "held out" if self.held_out else "selected with it"


def section(findings: Findings) -> Section:
    """Compare the committees' deviations with their true errors, field by field."""
    learned = findings.learned
    series = list(_series(learned)) if learned is not None else []
    if learned is None or not series:
        return Section(TITLE, (Missing("No committee has been held against simulations yet."),))
    caption = (
        "Committee deviation and true error of each field: root of the mean over bins of the sum "
        "over components of the variance, and of δf². (a) Held-out fields. (b) Fields that a round "
        "selected, as the committee that selected them saw their simulations, before it learned "
        "from them. On the diagonal the error is as large as the deviation; above it the committee "
        "is too sure of itself."
    )
    svg = _draw(series, len(learned.rounds))
    picture = Picture(svg, "true error against committee deviation", caption)
    return Section(TITLE, (picture, _table(series)))


def _series(learned: Learned) -> Iterator[Series]:
    for found in learned.rounds:
        if found.labelled is not None:
            yield Series(found.number - 1, False, found.labelled)
        if found.judgement is not None:
            yield Series(found.number, True, found.judgement)


def _draw(series: list[Series], rounds: int) -> str:
    with canvas(HEIGHT) as figure:
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for each in series:
            panels[0 if each.held_out else 1].plot(
                each.judgement.deviations,
                each.judgement.true_errors,
                "o" if each.held_out else "D",
                color=ordinal(each.committee, rounds),
                alpha=0.9,
                label=f"committee of round {each.committee}",
            )
        ends = _ends(series)
        for panel, letter in zip(panels, "ab", strict=True):
            panel_letter(panel, letter)
            panel.set(xscale="log", yscale="log", xlim=ends, ylim=ends, aspect="equal")
            plain_logarithmic(panel.xaxis)
            plain_logarithmic(panel.yaxis)
            panel.plot(ends, ends, "--", color=FAINT, lw=0.8, zorder=0)
            panel.set_xlabel(r"committee deviation, $\epsilon/\sigma$")
            if not panel.get_legend_handles_labels()[1]:
                panel.text(0.5, 0.25, "none yet", transform=panel.transAxes, ha="center")
        panels[0].set_ylabel(r"true error, $\epsilon/\sigma$")
        handles, labels = _legend(panels)
        figure.legend(handles, labels, loc="outside right center")
        return to_svg(figure, "deviation")


def _legend(panels: Any) -> tuple[list[Any], list[str]]:
    """Each committee once, in the order of rounds."""
    found: dict[str, Any] = {}
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def _ends(series: list[Series]) -> tuple[float, float]:
    """Limits of both axes."""
    both = [np.append(s.judgement.deviations, s.judgement.true_errors) for s in series]
    numbers = np.concatenate(both)
    positive = numbers[np.isfinite(numbers) & (numbers > 0)]
    if not len(positive):
        return 0.1, 1.0
    return float(positive.min() / MARGIN), float(positive.max() * MARGIN)


def _table(series: list[Series]) -> Table:
    header = ("committee of round", "fields", "number", "Spearman's ρ", "error / deviation")
    return Table(
        header,
        tuple(_cells(each) for each in series),
        note="Spearman's rank correlation over the fields of a row, 1 if their order is the same; "
        "the last column is the median, 1 for a committee that knows its error.",
    )


def _cells(each: Series) -> tuple[str, ...]:
    found, rank = each.judgement, each.judgement.rank_correlation
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = float(np.median(found.true_errors / found.deviations))
    return (
        str(each.committee),
        each.kind,
        str(len(found.names)),
        NOTHING if rank is None else f"{rank:.2f}",
        f"{ratio:.2g}",
    )
