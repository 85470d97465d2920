"""What the Brownian kernels read and write."""

from __future__ import annotations

from typing import NamedTuple

from ..arrays import Floats, Words
from ..fields.planar import PlanarCoefficients
from ..samplers.force_balance import BalanceScratch


class Constants(NamedTuple):
    """Numbers of one state point and its protocol."""

    length: float
    """Edge of the box, sigma."""
    time_step: float
    """dt, tau."""
    field_from: int
    """Step at which the external force is switched on, and its time begins."""
    drift: float
    """dt / gamma: displacement per force, sigma^2/epsilon."""
    noise: float
    """sqrt(2 T dt / gamma): displacement per standard normal, sigma."""
    limit: float
    """Displacement in one step from which on the simulation has blown up, sigma."""
    inverse_width: float
    """Bins per sigma."""
    energy_interval: int
    """Steps between samples of the energy."""


class Trajectory(NamedTuple):
    """What the next step depends on."""

    positions: Floats
    """Wrapped into [0, L), (3, N), sigma."""
    references: Floats
    """Positions at which the wide and the narrow list were built, (2, 3, N), sigma."""
    random: Words
    """State of the random generator, (4,)."""


class Scratch(NamedTuple):
    """Space for one step."""

    internal: Floats
    """Pair forces, (3, N), epsilon/sigma."""
    force: PlanarCoefficients
    """The external force as it is now."""
    external: Floats
    """External forces, (3, N), epsilon/sigma."""
    noise: Floats
    """Standard normals, (3 N,); then displacements."""
    displacement: Floats
    """The same memory as (3, N), sigma."""
    before: Floats
    """cos and sin of 2 pi z / L at the start of the step, (2, N)."""
    after: Floats
    """The same at its end, (2, N)."""
    random: Words
    """State of the random generator at the end of the step, (4,)."""
    balance: BalanceScratch
