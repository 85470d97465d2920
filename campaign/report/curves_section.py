"""Section: learning curves, over labelled fields and over epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .blocks import Block, Missing, Picture, Section
from .findings import Findings, Learned, Round
from .style import (
    FAINT,
    LEARNED,
    RANDOM,
    canvas,
    ordinal,
    panel_letter,
    plain_logarithmic,
    to_svg,
    whole_numbers,
)

if TYPE_CHECKING:
    from ...ml.evaluation import Estimate

HEIGHT = 3.1
SHIFT = 0.12
"""Offset of the baseline, fields, so that error bars do not hide each other."""


def section(findings: Findings) -> Section:
    """Draw errors over labelled fields, and losses over epochs."""
    learned = findings.learned
    blocks: list[Block] = []
    if learned is not None and learned.judged:
        blocks.append(_error_picture(learned))
    else:
        blocks.append(Missing("No error on held-out fields yet."))
    trained = [r for r in learned.rounds if _histories(r)] if learned is not None else []
    if learned is not None and trained:
        blocks.append(_loss_picture(trained, len(learned.rounds)))
    else:
        blocks.append(Missing("No member of a committee is trained yet."))
    return Section("Learning curves", tuple(blocks))


def _histories(found: Round) -> bool:
    return found.committee is not None and bool(found.committee.histories)


def _error_picture(learned: Learned) -> Picture:
    with canvas(HEIGHT) as figure:
        panel = figure.subplots()
        _draw_errors(panel, _selected(learned), LEARNED, "o", "selected fields", 0.0)
        random = _random(learned)
        if random:
            _draw_errors(panel, random, RANDOM, "s", "random fields", SHIFT)
        if learned.noise is not None:
            panel.axhline(learned.noise.value, color=FAINT, ls="--", lw=0.9, label="label noise")
        panel.set_xlabel("labelled fields")
        panel.set_ylabel(r"RMS$(\delta f)$ / RMS$(f)$")
        panel.set_ylim(bottom=0)
        panel.set_xlim(*_range(learned))
        whole_numbers(panel.xaxis)
        panel.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
        svg = to_svg(figure, "errors")
    caption = (
        f"Error on {learned.held_out} held-out fields against the number of fields learned from. "
        "Bars: standard errors over held-out fields; those of the two curves go together, because "
        "they are judged on the same fields (their difference is in the table of rounds)."
    )
    return Picture(svg, "error against number of labelled fields", caption)


def _range(learned: Learned) -> tuple[float, float]:
    """Ends of the axis of labelled fields."""
    fields = [number for number, _ in (*_selected(learned), *_random(learned))]
    return min(fields) - 1, max(fields) + 1


def _selected(learned: Learned) -> list[tuple[int, Estimate]]:
    return [
        (found.committee.fields, found.committee.judgement.error)
        for found in learned.judged
        if found.committee is not None and found.committee.judgement is not None
    ]


def _random(learned: Learned) -> list[tuple[int, Estimate]]:
    """Curve of the baseline, which begins with the committee of the initial fields."""
    later = [
        (found.baseline.fields, found.baseline.judgement.error)
        for found in learned.rounds
        if found.baseline is not None and found.baseline.judgement is not None
    ]
    first = learned.judged[0].number == 0
    return [*_selected(learned)[:1], *later] if later and first else later


def _draw_errors(
    panel: Any,
    curve: list[tuple[int, Estimate]],
    colour: str,
    marker: str,
    label: str,
    shift: float,
) -> None:
    fields = np.array([number for number, _ in curve]) + shift
    values = [found.value for _, found in curve]
    errors = np.nan_to_num([found.error for _, found in curve])
    panel.errorbar(fields, values, errors, color=colour, marker=marker, label=label, elinewidth=1)


def _loss_picture(trained: list[Round], rounds: int) -> Picture:
    with canvas(HEIGHT) as figure:
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for found in trained:
            _draw_losses(panels, found, ordinal(found.number, rounds))
        for panel, letter, name in zip(
            panels, "ab", ("training loss", "validation loss"), strict=True
        ):
            panel_letter(panel, letter)
            panel.set_yscale("log")
            plain_logarithmic(panel.yaxis)
            panel.set_xlabel("epoch")
            panel.set_ylabel(rf"{name}, $\epsilon^2/\sigma^2$")
            whole_numbers(panel.xaxis)
        panels[0].legend(loc="upper right")
        if not panels[1].lines:
            panels[1].text(0.5, 0.5, "no validation fields", transform=panels[1].transAxes)
        svg = to_svg(figure, "losses")
    caption = (
        "Mean squared error per component, member by member: (a) over training windows during the "
        "epoch, (b) after it, over fields that the member does not train on. Committees on random "
        "fields are not shown."
    )
    return Picture(svg, "training and validation loss against epoch", caption)


def _draw_losses(panels: Any, found: Round, colour: str) -> None:
    histories = found.committee.histories if found.committee is not None else ()
    for number, history in enumerate(histories):
        epochs = range(1, len(history.loss) + 1)
        label = f"round {found.number}" if number == 0 else None
        panels[0].plot(epochs, history.loss, color=colour, lw=0.8, label=label)
        validation = [np.nan if loss is None else loss for loss in history.validation]
        if np.isfinite(validation).any():
            panels[1].plot(epochs, validation, color=colour, lw=0.8)
