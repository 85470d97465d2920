"""Section: one-body fields, simulated and as the last committee predicts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .blocks import Block, Missing, Picture, Section, Text
from .field_picture import Prediction, draw_field
from .findings import Findings, Learned

if TYPE_CHECKING:
    from ...ml.evaluation import Judgement

LEARNED_TITLE, PLAIN_TITLE = "Held-out fields", "One-body fields"


def section(findings: Findings) -> Section:
    """Draw a few fields."""
    title = PLAIN_TITLE if findings.learned is None else LEARNED_TITLE
    if findings.fields is None:
        kind = "state point" if findings.learned is None else "held-out field"
        return Section(title, (Missing(f"No {kind} is published yet."),))
    blocks: list[Block] = [Text(_introduction(findings.learned))]
    points = [
        findings.fields.isel(state_point=row) for row in range(findings.fields.sizes["state_point"])
    ]
    judgement = findings.learned.final if findings.learned is not None else None
    points.sort(key=lambda point: _rank(point, judgement))
    blocks += [_picture(point, number, judgement) for number, point in enumerate(points)]
    return Section(title, tuple(blocks))


def _introduction(learned: Learned | None) -> str:
    bands = "Bands are standard errors of the simulation"
    if learned is None:
        return f"The first state points of the campaign. {bands}."
    if not learned.judged:
        return f"Simulated; no committee has been held against them yet. {bands}."
    return (
        "Fields that nothing was trained on, from the best to the worst predicted one, spread "
        f"over all of them. {bands}, and one standard deviation of the committee. A component "
        "that vanishes shows its noise."
    )


def _row(point: Any, judgement: Judgement | None) -> int | None:
    """Row of a state point in a judgement."""
    name = str(point["state_point"].values)
    return judgement.names.index(name) if judgement and name in judgement.names else None


def _rank(point: Any, judgement: Judgement | None) -> float:
    row = _row(point, judgement)
    return 0.0 if judgement is None or row is None else float(judgement.true_errors[row])


def _picture(point: Any, number: int, judgement: Judgement | None) -> Picture:
    name, row, prediction = str(point["state_point"].values), _row(point, judgement), None
    caption = (
        f"State point {name[:8]}: N = {int(point['particles'])}, "
        f"L = {float(point['box_length']):g} σ, T = {float(point['temperature']):g} ε/k_B"
    )
    if judgement is not None and row is not None:
        prediction = Prediction(judgement.force[row], judgement.spread[row])
        force = float(np.sqrt(judgement.reference[row].sum() / judgement.force.shape[2]))
        caption += (
            f"; RMS force {force:.2f} ε/σ, true error {judgement.true_errors[row]:.2f} ε/σ, "
            f"committee deviation {judgement.deviations[row]:.2f} ε/σ"
        )
    svg = draw_field(point, f"field-{number}", prediction)
    return Picture(svg, f"one-body fields of state point {name[:8]}", caption)
