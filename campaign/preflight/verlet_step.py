"""Whether the time step of molecular dynamics is small enough for what moves the particles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...engines.molecular.parameters import MolecularParameters
from .finding import Finding, worst
from .pair_shape import steepest_curvature
from .time_step import turn_findings

LARGEST_OSCILLATION = 0.5
UNSTABLE = 1.5
LARGEST_FLIGHT = 0.1


def verlet_findings(points: Sequence[MolecularParameters], time_step: float) -> Iterator[Finding]:
    """Compare one step with the collision of two particles, thermal flight and waves."""
    yield from _oscillation(points, time_step)
    yield from _flight(points, time_step)
    yield from turn_findings(points, time_step)


def _oscillation(points: Sequence[MolecularParameters], step: float) -> Iterator[Finding]:
    """Compare with the frequency omega = sqrt(2 phi''/m) of two particles at contact.

    Velocity Verlet diverges from omega dt = 2 on; the energy that it conserves differs from the
    true one by the share (omega dt)^2/4 in a harmonic well.
    """
    found = worst(
        points,
        lambda p: math.sqrt(max(0.0, 2 * steepest_curvature(p.potential, p.temperature))) * step,
        LARGEST_OSCILLATION,
    )
    if found is None:
        return
    where = (
        f"dynamics.time_step = {step:g}: at temperature {found.point.temperature:.4g} two "
        f"particles at contact turn by {found.value:.2g} radian in one step"
    )
    smaller = f"keep it below {LARGEST_OSCILLATION / found.value * step:.2g}{found.above}"
    if found.value > UNSTABLE:
        yield Finding(f"{where}: the integration is unstable; {smaller}", is_error=True)
    else:
        yield Finding(f"{where}: energies will be wrong and may drift; {smaller}")


def _flight(points: Sequence[MolecularParameters], step: float) -> Iterator[Finding]:
    found = worst(points, lambda p: math.sqrt(p.temperature) * step, LARGEST_FLIGHT)
    if found is not None:
        yield Finding(
            f"dynamics.time_step = {step:g}: particles fly {found.value:.3g} sigma in one step; "
            f"keep it below {LARGEST_FLIGHT:g}{found.above}"
        )
