"""What the Brownian kernels read and write."""

from __future__ import annotations

from typing import NamedTuple

from ..arrays import Floats, Indices, Words
from ..fields.local_force import LocalForce
from ..fields.planar import PlanarCoefficients
from ..samplers.activity import ActivitySums
from ..samplers.force_balance import BalanceScratch, BalanceSums
from ..samplers.one_body import ProfileSums
from ..samplers.thermodynamics import ThermodynamicSums
from .activity import Propulsion


class Constants(NamedTuple):
    """Numbers of one state point and its protocol."""

    edges: tuple[float, float, float]
    """Edges of the box, sigma."""
    last_axis: int
    """Axis along which the external field and profiles vary."""
    time_step: float
    """dt, tau."""
    field_from: int
    """Step at which the external force is switched on, and its time begins."""
    local: LocalForce
    """The external force that is no Fourier series."""
    drift: float
    """dt / gamma: displacement per force, sigma^2/epsilon."""
    noise: float
    """sqrt(2 T dt / gamma): displacement per standard normal, sigma."""
    noise_particles: int
    """Particles of the whole system if noise belongs to them, else 0."""
    propulsion: Propulsion
    limit: float
    """Displacement in one step from which on the simulation has blown up, sigma."""
    inverse_width: float
    """Bins per sigma."""
    interval: int
    """Steps between samples of profiles."""
    energy_interval: int
    """Steps between samples of the energy."""


class Trajectory(NamedTuple):
    """What the next step depends on."""

    positions: Floats
    """Wrapped into the box when the neighbour lists were built, (3, N), sigma."""
    images: Floats
    """Boxes crossed along each axis, (3, N)."""
    labels: Indices
    """Which particle each column of the positions is, (N,)."""
    reference: Floats
    """Positions at which the neighbour lists were built, (3, N), sigma."""
    directions: Floats
    """Directions of self-propulsion, (3, N), or (0, N) without it."""
    random: Words
    """State of the random generator, (4,)."""


class Sums(NamedTuple):
    """What is sampled in one block."""

    profiles: ProfileSums
    thermodynamics: ThermodynamicSums
    balance: BalanceSums
    activity: ActivitySums


class Scratch(NamedTuple):
    """Space for one step."""

    internal: Floats
    """Pair forces, (3, N), epsilon/sigma."""
    force: PlanarCoefficients
    """The external force as it is now."""
    local: Floats
    """The external force that is no Fourier series, (3, N), epsilon/sigma."""
    external: Floats
    """External forces, (3, N), epsilon/sigma."""
    total: Floats
    """Their sum with self-propulsion, if there is more than pair forces, (3, N), epsilon/sigma."""
    directions: Floats
    """Directions of self-propulsion after the step, (3, N), or (0, N) without it."""
    turning: Floats
    """Standard normals for them, flat."""
    noise: Floats
    """Standard normals, (3 N,), or (2 N,) in two dimensions; then displacements."""
    displacement: Floats
    """The same memory as (3, N), sigma, and zeros along z in two dimensions."""
    before: Floats
    """cos and sin of 2 pi z / L_z at the start of the step, (2, N)."""
    after: Floats
    """The same at its end, (2, N)."""
    random: Words
    """State of the random generator at the end of the step, (4,)."""
    virial: Floats
    """Sum over pairs of r F by components, (6,), epsilon."""
    balance: BalanceScratch
