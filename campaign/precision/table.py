"""The table of a precision that `perrin run` prints."""

from __future__ import annotations

from rich.table import Table

from .attainment import Attainment, PointAttainment

LARGEST_NUMBER_OF_ROWS = 20
COLUMNS = ("point", "error", "widened", "replicas", "predicted", "core hours", "nominal")


def precision_table(attained: Attainment) -> Table:
    """Errors and costs of the state points, those furthest from the target first, and in all.

    Replicas and their cost at nominal speed were predicted from the first error.
    """
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    points = sorted(attained.points, key=lambda point: -(point.widened_error or 0.0))
    for point in points[:LARGEST_NUMBER_OF_ROWS]:
        table.add_row(*row(point))
    if len(points) > 1:
        table.add_row(*totals(attained))
    return table


def row(point: PointAttainment) -> tuple[str, ...]:
    """Cells of a state point, in the order of `COLUMNS`."""
    return (
        point.state_point[:8],
        _number(point.error),
        _number(point.widened_error),
        str(point.replicas),
        "-" if point.replicas_predicted is None else str(point.replicas_predicted),
        _number(point.core_hours),
        _number(point.core_hours_predicted),
    )


def totals(attained: Attainment) -> tuple[str, ...]:
    """Cells of the last row: sums over the state points."""
    points = attained.points
    return (
        "all",
        "",
        "",
        str(sum(point.replicas for point in points)),
        str(sum(point.replicas_predicted or 0 for point in points)),
        _number(sum(point.core_hours for point in points)),
        _number(sum(point.core_hours_predicted or 0.0 for point in points)),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
