"""What the kernels of molecular dynamics read and write."""

from __future__ import annotations

from typing import NamedTuple

from ..arrays import Floats, Indices, Words
from ..fields.local_force import LocalForce
from ..fields.planar import PlanarCoefficients
from ..samplers.kinetic import KineticSums
from ..samplers.one_body import ProfileSums
from ..samplers.thermodynamics import ThermodynamicSums
from .nose_hoover import Bath


class Constants(NamedTuple):
    """Numbers of one state point, and of one stage of its protocol."""

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
    decay: float
    """exp(-gamma dt) of the Langevin thermostat; 1 without it."""
    noise: float
    """sqrt(T (1 - decay^2)): velocity per standard normal, sigma/tau."""
    noise_particles: int
    """Particles of the whole system if noise belongs to them, else 0."""
    bath: Bath
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
    velocities: Floats
    """Shape (3, N), sigma/tau."""
    labels: Indices
    """Which particle each column is, (N,)."""
    reference: Floats
    """Positions at which the neighbour lists were built, (3, N), sigma."""
    random: Words
    """State of the random generator, (4,)."""
    chain: Floats
    """Positions and velocities of the Nose-Hoover chain, (2, M); 1 and 1/tau."""


class Sums(NamedTuple):
    """What is sampled in one block."""

    profiles: ProfileSums
    thermodynamics: ThermodynamicSums
    kinetic: KineticSums


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
    """Their sum, where there are external forces, (3, N), epsilon/sigma."""
    phases: Floats
    """cos and sin of 2 pi z / L_z, (2, N)."""
    harmonics: Floats
    """Space for harmonics of them, (2, N)."""
    displacement: Floats
    """Displacements of the step that is tried, (3, N), sigma."""
    noise: Floats
    """Standard normals, (3 N,), or (2 N,) in two dimensions."""
    spread: Floats
    """The same memory as (3, N), and zeros along z in two dimensions."""
    random: Words
    """State of the random generator after the step, (4,)."""
    chain: Floats
    """The Nose-Hoover chain after its first half step, (2, M)."""
    virial: Floats
    """Sum over pairs of r F by components, (6,), epsilon."""
