"""The standard error of one quantity of one state point, from its published replicas."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...analysis.one_body import OneBodyFields
from ...engines.ensemble import EnsembleFile, Row
from ..index import Location


@dataclass(frozen=True)
class Measurement:
    """What published replicas of a state point give.

    Attributes
    ----------
    used
        How many they are.
    error
        Standard error of the quantity; None if there is none that is a number.
    core_seconds
        Processor time that they took.
    """

    used: int
    error: float | None
    core_seconds: float


def measure(results: Path, replicas: Sequence[Location], quantity: str) -> Measurement:
    """Reduce replicas of one state point, in the given order whatever the files they are in.

    Raises `DamagedFileError` for a file that fails its digest, `FileNotFoundError` for one that is
    gone.
    """
    if not replicas:
        return Measurement(0, None, 0.0)
    fields, seconds = OneBodyFields(), 0.0
    for name, members in itertools.groupby(replicas, key=lambda location: location.file):
        rows = [location.row for location in members]
        fields.compute(results / name, rows)
        seconds += _core_seconds(results / name, rows)
    (group,) = fields.sums
    _, error = fields.estimates(group)[quantity]
    return Measurement(len(replicas), one_number(error), seconds)


def one_number(error: Any) -> float | None:
    """Root mean square of a standard error over bins and components.

    Numbers that are not finite, as in bins that particles never visit, are left out; None if
    nothing is left.
    """
    squares = np.square(error)
    known = squares[np.isfinite(squares)]
    return float(np.sqrt(known.mean())) if known.size else None


def _core_seconds(path: Path, rows: Sequence[Row]) -> float:
    """Processor time of all runs that made these replicas."""
    with EnsembleFile(path) as file:
        return sum(run.cpu_seconds for row in rows for run in file.record(row).runs)
