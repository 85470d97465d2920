"""The whole external force: Fourier series along one axis, and functions of the position."""

from __future__ import annotations

from ..arrays import Floats
from ..compiled import jit
from ..copying import add_rows, copy_rows
from .local_force import LocalForce
from .planar import PlanarCoefficients, acts, planar_force


@jit()
def fill_local(
    local_force: LocalForce,
    time: float,
    edges: tuple[float, float, float],
    last_axis: int,
    positions: Floats,
    out: Floats,
) -> None:
    """Write the forces at positions, (3, N), at a time since the field was switched on, if any.

    Two-dimensional systems, whose last axis is y, stay in their plane whatever the force.
    """
    if local_force.acts:
        local_force.fill(local_force.numbers, time, edges, positions, out)
        for i in range(out.shape[1] if last_axis == 1 else 0):
            out[2, i] = 0.0


@jit()
def fill_external(
    planar: PlanarCoefficients,
    phases: Floats,
    harmonics: Floats,
    local_force: LocalForce,
    local: Floats,
    out: Floats,
) -> bool:
    """Write the sum, (3, N), of the series at `phases` and of `local` forces; false without any.

    `phases` and the scratch `harmonics` are those of `planar_force`.
    """
    is_planar = acts(planar)
    if is_planar:
        planar_force(planar, phases, harmonics, out)
    if local_force.acts and is_planar:
        add_rows(out, local, out)
    elif local_force.acts:
        copy_rows(local, out)
    return is_planar or local_force.acts
