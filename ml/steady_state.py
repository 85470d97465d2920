"""Steady states that a force functional predicts, without a simulation.

In a planar steady state the current along z is a constant J_0 and the force balance, eqs. (4), (5)
and (14) of T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024), reads

    k_B T rho' = rho (f_ext,z + f_int,z) - gamma J_0,   v_z = J_0 / rho,
    gamma v_x = f_ext,x + f_int,x,   gamma v_y = f_ext,y + f_int,y,

with rho periodic and a given number of particles. For a frozen f_int this is linear and solved
exactly on the grid; f_int = f*[rho, v] is then a fixed point. The iteration is Picard's, damped
and mixed with the last few iterates (D. G. Anderson, J. ACM 12, 547 (1965)): damping alone is slow
in dense states near equilibrium, where compressing the fluid by 1 % costs many k_B T, and those
states would be missing from what is explored.

The first iterate cancels the variation of f_ext,z, so that the density starts out uniform and
takes up the external force as f_int lets it: a functional is never asked about an ideal gas
that piles up in a minimum of the potential.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..engines.arrays import Floats
from .committee import Functional, evaluate
from .drift_diffusion import PlanarSystem, steady_density

Z = 2
FIRST_DAMPING, GROWTH, CUT = 0.25, 1.2, 0.5
MEMORY = 5
REGULARISATION = 1e-6


@dataclass(frozen=True, eq=False)
class Driving:
    """External forces and particle numbers of a batch of B candidates."""

    centres: Floats
    """External force at the centres of the bins, shape (B, 3, n), epsilon/sigma."""
    faces: Floats
    """Its z component at the lower faces of the bins, shape (B, n), epsilon/sigma."""
    particles: Floats
    """Numbers of particles, shape (B,)."""

    def take(self, rows: NDArray[np.int64]) -> Driving:
        """Return some of the candidates."""
        return Driving(self.centres[rows], self.faces[rows], self.particles[rows])


@dataclass(frozen=True, eq=False)
class SteadyStates:
    """The last fields of each of B candidates, and how well they satisfy f = f*[rho, v]."""

    profiles: Floats
    """rho, v_x, v_y and v_z, shape (B, 4, n), sigma^-3 and sigma/tau; always finite."""
    members: Floats
    """Internal force of each member on those profiles, shape (K, B, 3, n), epsilon/sigma."""
    current: Floats
    """J_0, shape (B,), sigma^-2 tau^-1."""
    converged: NDArray[np.bool_]
    """Whether the residual fell below the tolerance, shape (B,)."""
    finite: NDArray[np.bool_]
    """Whether all members gave finite forces, shape (B,)."""
    iterations: NDArray[np.int64]
    """Evaluations of the committee, shape (B,)."""
    residual: Floats
    """RMS of f* - f over bins and components, relative to that of f*, shape (B,)."""

    @property
    def internal_force(self) -> Floats:
        """Mean of the committee, shape (B, 3, n), epsilon/sigma; NaN where any member is."""
        return np.asarray(self.members.mean(axis=0))


def steady_states(
    committee: Sequence[Functional],
    driving: Driving,
    system: PlanarSystem,
    *,
    iterations: int = 50,
    tolerance: float = 1e-3,
    progress: Callable[[int], None] | None = None,
) -> SteadyStates:
    """Find the fixed points f = f*[rho, v] of the mean of a committee.

    A candidate that has converged, or whose force is no longer finite, is not evaluated again.

    Parameters
    ----------
    committee
        Force functionals; their mean drives.
    driving
        External forces and particle numbers of B candidates.
    system
        Box, bins and solvent.
    iterations
        Most evaluations of the committee per candidate.
    tolerance
        Residual at which a candidate has converged. The scale of the residual is the root of
        RMS(f*)^2 + (k_B T / L)^2, so that it keeps a meaning where f* vanishes.
    progress
        Called before each iteration, never when all is done, with the number of candidates that
        are decided; what it raises ends the search.

    Returns
    -------
    SteadyStates
        Of all B candidates. A candidate's numbers may change in the last digits with the batch
        it is in, as those of a network do.
    """
    count = len(driving.particles)
    states = _unsolved(len(committee), *driving.faces.shape)
    active = np.arange(count)
    force, mixing = _cancelling_force(driving), _Mixing(count)
    for _ in range(iterations):
        if not active.size:
            break
        if progress is not None:
            progress(count - active.size)
        profiles, current = _fields(driving.take(active), force, system)
        answers = np.stack([evaluate(member, profiles) for member in committee])
        response = answers.mean(axis=0)
        change = response - force
        residual = _rms(change) / np.hypot(_rms(response), system.temperature / system.length)
        states.profiles[active], states.members[:, active] = profiles, answers
        states.current[active], states.residual[active] = current, residual
        states.converged[active] = residual < tolerance
        states.finite[active] = np.isfinite(residual)
        states.iterations[active] += 1
        undecided = residual >= tolerance
        active = active[undecided]
        mixing.keep(undecided)
        force = mixing.step(force[undecided], change[undecided])
    return states


def _unsolved(members: int, count: int, bins: int) -> SteadyStates:
    """States that nothing is known of yet."""
    return SteadyStates(
        np.zeros((count, 4, bins)),
        np.zeros((members, count, 3, bins)),
        np.zeros(count),
        np.zeros(count, dtype=np.bool_),
        np.zeros(count, dtype=np.bool_),
        np.zeros(count, dtype=np.int64),
        np.full(count, np.inf),
    )


def _cancelling_force(driving: Driving) -> Floats:
    """Internal force that leaves the mean of f_ext,z alone, shape (B, 3, n)."""
    force = np.zeros_like(driving.centres)
    along = driving.centres[:, Z]
    force[:, Z] = along.mean(axis=1, keepdims=True) - along
    return force


def _fields(driving: Driving, internal: Floats, system: PlanarSystem) -> tuple[Floats, Floats]:
    """Profiles, (B, 4, n), and current, (B,), for a frozen internal force, (B, 3, n)."""
    at_faces = 0.5 * (internal[:, Z] + np.roll(internal[:, Z], 1, axis=1))
    density, current = steady_density(driving.faces + at_faces, driving.particles, system)
    profiles = np.empty((len(density), 4, system.bins))
    profiles[:, 0] = density
    profiles[:, 1:3] = (driving.centres[:, :Z] + internal[:, :Z]) / system.friction
    profiles[:, 3] = current[:, None] / density
    return profiles, current


def _rms(force: Floats) -> Floats:
    """Root of the mean square over components and bins, shape (B,)."""
    return np.asarray(np.sqrt((force**2).mean(axis=(1, 2))))


class _Mixing:
    """Damped Picard steps from the point where past changes f* - f would have cancelled best.

    The damping of a candidate is halved when its change grew and grows by a fifth otherwise.
    """

    def __init__(self, count: int) -> None:
        self.damping = np.full(count, FIRST_DAMPING)
        self.size = np.full(count, np.inf)
        self.past: list[tuple[Floats, Floats]] = []

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Forget the candidates that are not in `rows`."""
        self.damping, self.size = self.damping[rows], self.size[rows]
        self.past = [(force[rows], change[rows]) for force, change in self.past]

    def step(self, force: Floats, change: Floats) -> Floats:
        """Return the next force, shape (B, 3, n)."""
        size = _rms(change)
        factor = np.where(size <= self.size, GROWTH, CUT)
        self.damping, self.size = np.minimum(self.damping * factor, 1.0), size
        mixed_force, mixed_change = _mix(force, change, self.past)
        self.past = [*self.past, (force, change)][1 - MEMORY :]
        return mixed_force + self.damping[:, None, None] * mixed_change


def _mix(force: Floats, change: Floats, past: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Combine iterates, with weights that sum to one, so that their change is smallest."""
    if not past:
        return force, change
    forces = np.stack([force - other for other, _ in past], axis=1)
    changes = np.stack([change - other for _, other in past], axis=1)
    gram = np.einsum("bpcz,bqcz->bpq", changes, changes)
    floor = REGULARISATION * np.trace(gram, axis1=1, axis2=2) + np.finfo(np.float64).tiny
    gram += floor[:, None, None] * np.eye(len(past))
    overlap = np.einsum("bpcz,bcz->bp", changes, change)
    weights = np.linalg.solve(gram, overlap[..., None])[..., 0]
    return (
        force - np.einsum("bp,bpcz->bcz", weights, forces),
        change - np.einsum("bp,bpcz->bcz", weights, changes),
    )
