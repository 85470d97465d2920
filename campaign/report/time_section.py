"""Section: where the time went."""

from __future__ import annotations

from ..duration import duration
from .blocks import Block, Missing, Picture, Section, Table, Text
from .findings import Findings
from .numbers import NOTHING, plural
from .spending import Spending, Stage
from .style import FAINT, FOURTH, LEARNED, RANDOM, canvas, to_svg

TITLE = "Where the time went"
COLOURS = {
    Stage.SIMULATE: LEARNED,
    Stage.TRAIN: RANDOM,
    Stage.EXPLORE: FOURTH,
    Stage.UNFINISHED: FAINT,
    Stage.REST: FAINT,
}
HEIGHT_OF_A_STAGE = 0.36
UNITS = ((7200.0, 3600.0, "h"), (180.0, 60.0, "min"), (0.0, 1.0, "s"))


def section(findings: Findings) -> Section:
    """Draw and tabulate wall and processor time of each stage."""
    spending = findings.spending
    if not spending.stages or spending.wall <= 0:
        return Section(TITLE, (Missing("Nothing has run yet."),))
    blocks: list[Block] = [
        Picture(_draw(spending), "wall time of each stage", _caption(spending)),
        _table(spending),
    ]
    if not spending.is_whole:
        blocks.append(Text("The journal does not go back to the first manager: time is missing."))
    return Section(TITLE, tuple(blocks))


def _caption(spending: Spending) -> str:
    managers = plural(spending.managers, "manager")
    return (
        f"When each stage was busy in {duration(spending.wall)} of wall time of {managers}; pauses "
        "between managers are left out. Stages may run side by side. The rest: starting workers, "
        "reducing, selecting, waiting."
    )


def _draw(spending: Spending) -> str:
    unit, symbol = next((u, s) for least, u, s in UNITS if spending.wall >= least)
    stages = spending.stages
    with canvas(0.75 + HEIGHT_OF_A_STAGE * len(stages)) as figure:
        panel = figure.subplots()
        for row, each in enumerate(stages):
            spans = [(start / unit, (end - start) / unit) for start, end in each.intervals]
            panel.broken_barh(spans, (row - 0.36, 0.72), color=COLOURS[each.stage], lw=0)
        panel.set_yticks(range(len(stages)), [each.stage.value for each in stages])
        panel.tick_params(axis="y", length=0)
        panel.set_ylim(len(stages) - 0.5, -0.5)
        panel.set_xlim(0, spending.wall / unit)
        panel.set_xlabel(f"wall time, {symbol}")
        return to_svg(figure, "time")


def _table(spending: Spending) -> Table:
    rows = tuple(
        (
            each.stage.value,
            str(each.tries) if each.tries else NOTHING,
            duration(each.wall),
            f"{100 * each.wall / spending.wall:.0f} %",
            duration(each.core) if each.core else NOTHING,
        )
        for each in spending.stages
    )
    return Table(
        ("stage", "tries", "wall time", "of all", "core time"),
        rows,
        note="Core time: duration of the tries times the processes or threads of each. Tries that "
        "were lost, or still run, count from when they were handed out.",
    )
