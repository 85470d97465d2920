"""What the kernels of adaptive Brownian dynamics read and write."""

from __future__ import annotations

from typing import NamedTuple

from ..arrays import Floats, Indices, Integers, Words
from ..fields.local_force import LocalForce
from ..fields.planar import PlanarCoefficients, PlanarForce
from ..samplers.one_body import ProfileSums
from ..samplers.thermodynamics import ThermodynamicSums
from .noise import Noise


class Constants(NamedTuple):
    """Numbers of one state point, and of one stage of its protocol."""

    edges: tuple[float, float, float]
    """Edges of the box, sigma."""
    last_axis: int
    """Axis along which the external field and profiles vary."""
    time_step: float
    """Time between samples, tau."""
    field_from: int
    """Step at which the external force is switched on, and its time begins."""
    planar: PlanarForce
    local: LocalForce
    mobility: float
    """1 / gamma, sigma^2/(epsilon tau)."""
    spread: float
    """sqrt(2 T / gamma): displacement per sqrt(tau) of noise, sigma."""
    absolute: float
    """Error of a step that is allowed, sigma."""
    relative: float
    """The same per displacement."""
    largest_move: float
    """Distance from the reference positions at which lists miss pairs, sigma."""
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
    random: Words
    """State of the random generator, (4,)."""
    pieces: Integers
    """Number of pieces of noise that are known, (1,)."""
    durations: Floats
    """Their durations, (PIECES,), tau."""
    increments: Floats
    """The pieces, (3 PIECES, N), sqrt(tau)."""
    clock: Floats
    """Time since the last sample, and length of the next try, (2,), tau."""

    @property
    def noise(self) -> Noise:
        """The noise that is known ahead."""
        return Noise(self.pieces, self.durations, self.increments)


class TrySums(NamedTuple):
    """Tries in one block."""

    accepted: Integers
    rejected: Integers


class Sums(NamedTuple):
    """What is sampled in one block."""

    profiles: ProfileSums
    thermodynamics: ThermodynamicSums
    tries: TrySums


class Forces(NamedTuple):
    """Forces at one set of positions, with what they are computed from."""

    internal: Floats
    """Pair forces, (3, N), epsilon/sigma."""
    external: Floats
    """External forces, (3, N), epsilon/sigma."""
    total: Floats
    """Their sum, (3, N), epsilon/sigma."""
    local: Floats
    """The external force that is no Fourier series, (3, N), epsilon/sigma."""
    phases: Floats
    """cos and sin of 2 pi z / L_z, (2, N)."""
    harmonics: Floats
    """Space for harmonics of them, (2, N)."""
    planar: PlanarCoefficients
    """The Fourier series as it is at the time of the forces."""


class Scratch(NamedTuple):
    """Space for one try."""

    now: Forces
    """Forces where particles are."""
    then: Forces
    """Forces where Euler's step leads."""
    predicted: Floats
    """These positions, (3, N), sigma."""
    displacement: Floats
    """Displacements of Heun's step, (3, N), sigma."""
    nothing: Floats
    """Zeros, (3, N)."""
    wiener: Floats
    """Noise of the try, (3, N), sqrt(tau)."""
    normals: Floats
    """Standard normals, (3 N,), or (2 N,) in two dimensions."""
    drawn: Floats
    """The same memory as (3, N), and zeros along z in two dimensions."""
    virial: Floats
    """Sum over pairs of r F by components, (6,), epsilon."""
