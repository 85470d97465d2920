"""What a committee says about candidates: their steady states, and how far its members disagree.

The mean of the committee finds the fields of a candidate; then all members are asked for the
internal force on those same fields, and the standard deviation of their answers is the indicator
of their error. A candidate whose fields cannot be trusted fails, with its reason.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..engines.arrays import Floats
from ..engines.fields.field import ExternalField
from ..engines.seal import DamagedFileError
from .committee import CommitteeError, Functional, deviation
from .drift_diffusion import PlanarSystem
from .profiles import LOWEST_DENSITY
from .settings import ExplorationSettings
from .steady_state import Driving, SteadyStates, Z, steady_states

FORMAT = "perrin-exploration-1"
DEFAULTS = ExplorationSettings()


class Reason(StrEnum):
    """Why a candidate failed; `explore` gives all reasons but the last."""

    NOT_A_NUMBER = "not a number"
    NO_CONVERGENCE = "no convergence"
    DILUTE = "density below 0.01"
    FAST = "velocity outside the training range"
    DEVIATION = "deviation above the trust level"


class Candidate(Protocol):
    """A state point that could be simulated."""

    @property
    def field(self) -> ExternalField | None:
        """External force, if there is one: of kind planar-fourier."""

    @property
    def particles(self) -> int:
        """Number of particles."""


@dataclass(frozen=True)
class VelocityRange:
    """Largest velocities of the training data, sigma/tau."""

    lateral: float
    """Of v_x and v_y together, which are equivalent."""
    z: float
    """Of v_z."""


@dataclass(frozen=True, eq=False)
class Exploration:
    """Fields of B candidates on n bins, and what the committee says about them."""

    profiles: NDArray[np.float32]
    """rho, v_x, v_y and v_z, shape (B, 4, n), sigma^-3 and sigma/tau."""
    force: NDArray[np.float32]
    """Mean of the committee's internal force, shape (B, 3, n), epsilon/sigma; NaN if any is."""
    spread: NDArray[np.float32]
    """Standard deviation over the committee (K - 1), shape (B, 3, n), epsilon/sigma."""
    deviation: Floats
    """Root of the mean over bins of the sum over components of spread^2, shape (B,)."""
    current: Floats
    """J_0, shape (B,), sigma^-2 tau^-1."""
    iterations: NDArray[np.int64]
    """Evaluations until the steady state was found or given up, shape (B,)."""
    residual: Floats
    """Relative residual of the steady state, shape (B,)."""
    reasons: tuple[Reason | None, ...]
    """Why a candidate failed, or None, length B."""

    def __len__(self) -> int:
        return len(self.reasons)


def explore(
    candidates: Sequence[Candidate],
    system: PlanarSystem,
    committee: Sequence[Functional],
    limits: VelocityRange,
    *,
    settings: ExplorationSettings = DEFAULTS,
    chunk: int = 64,
    progress: Callable[[int, int], None] | None = None,
) -> Exploration:
    """Find the steady states of candidates, and judge them by a committee.

    Parameters
    ----------
    candidates
        External fields with numbers of particles.
    system
        Box, bins and solvent.
    committee
        At least two force functionals.
    limits
        Largest velocities of the training data.
    settings
        When a steady state counts as found, and when it is given up.
    chunk
        Candidates that are solved together.
    progress
        Called before each iteration, never when all is done, with the candidates that are decided
        and their total; what it raises ends the exploration.

    Raises
    ------
    CommitteeError
        If there are fewer than two members, or one gives no number for any candidate.
    """
    if len(committee) < 2:
        raise CommitteeError(f"committee of {len(committee)}, expected at least 2 members")
    count = len(candidates)
    result, reasons = _blank(count, system.bins), list[Reason | None]()
    answered = np.zeros(len(committee), dtype=np.bool_)
    for start in range(0, count, chunk):
        rows = slice(start, min(start + chunk, count))
        driving = external_driving(candidates[rows], system)
        states = steady_states(
            committee,
            driving,
            system,
            iterations=settings.iterations,
            tolerance=settings.tolerance,
            progress=_after(start, count, progress),
        )
        _record(result, rows, states)
        reasons += _reasons(states, limits)
        answered |= np.isfinite(states.members.sum(axis=(2, 3))).any(axis=1)
    if count:
        _expect_answers(answered)
    return replace(result, reasons=tuple(reasons))


def _after(
    start: int, count: int, progress: Callable[[int, int], None] | None
) -> Callable[[int], None] | None:
    """Progress of all `count` candidates, from that of a chunk which begins at `start`."""
    return None if progress is None else lambda done: progress(start + done, count)


def concatenate(parts: Sequence[Exploration]) -> Exploration:
    """Put explorations on equal bins one after the other; at least one."""
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS}
    return Exploration(reasons=tuple(r for part in parts for r in part.reasons), **arrays)


def external_driving(candidates: Sequence[Candidate], system: PlanarSystem) -> Driving:
    """Discretise the external forces of candidates; all values are exact at their points."""
    bins = system.bins
    at_centres, at_faces = np.zeros((len(candidates), 3, bins)), np.zeros((len(candidates), bins))
    for row, candidate in enumerate(candidates):
        if candidate.field is not None:
            at_centres[row] = force_at(candidate.field, system.centres, system.length)
            at_faces[row] = force_at(candidate.field, system.faces, system.length)[Z]
    particles = np.array([candidate.particles for candidate in candidates], dtype=np.float64)
    return Driving(at_centres, at_faces, particles)


def force_at(field: ExternalField, z: Floats, length: float) -> Floats:
    """External force, shape (3, n), epsilon/sigma, at the heights `z`, shape (n,), sigma.

    Of a field that does not depend on time.
    """
    constant, cosine, sine = field.planar_force().still
    phases = 2 * np.pi / length * np.outer(np.arange(1, cosine.shape[1] + 1), z)
    return np.asarray(constant[:, None] + cosine @ np.cos(phases) + sine @ np.sin(phases))


def save(exploration: Exploration, path: Path) -> None:
    """Write an exploration to `path`, an NPZ file; `durable.publish` gives it its final name."""
    arrays = {name: getattr(exploration, name) for name in _ARRAYS}
    reasons = np.array(["" if reason is None else reason for reason in exploration.reasons], "U")
    with path.open("wb") as file:
        np.savez(file, format=np.array(FORMAT), reasons=reasons, **arrays)


def load(path: Path) -> Exploration:
    """Read what `save` wrote, equal to the last bit; `DamagedFileError` if it is not that."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            if str(file["format"]) != FORMAT:
                raise DamagedFileError(path, f"not of format {FORMAT}")
            reasons = tuple(Reason(text) if text else None for text in file["reasons"].tolist())
            return Exploration(reasons=reasons, **{name: file[name] for name in _ARRAYS})
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedFileError(path, f"not a whole exploration ({error})") from error


_ARRAYS = tuple(field.name for field in fields(Exploration) if field.name != "reasons")


def _blank(count: int, bins: int) -> Exploration:
    return Exploration(
        profiles=np.empty((count, 4, bins), dtype=np.float32),
        force=np.empty((count, 3, bins), dtype=np.float32),
        spread=np.empty((count, 3, bins), dtype=np.float32),
        deviation=np.empty(count),
        current=np.empty(count),
        iterations=np.empty(count, dtype=np.int64),
        residual=np.empty(count),
        reasons=(),
    )


def _record(result: Exploration, rows: slice, states: SteadyStates) -> None:
    """Fill in some candidates."""
    spread = states.members.std(axis=0, ddof=1)
    with np.errstate(over="ignore"):
        result.profiles[rows] = states.profiles
        result.force[rows] = states.internal_force
        result.spread[rows] = spread
    result.deviation[rows] = deviation(spread)
    result.current[rows] = states.current
    result.iterations[rows] = states.iterations
    result.residual[rows] = states.residual


def _reasons(states: SteadyStates, limits: VelocityRange) -> list[Reason | None]:
    """Return the first reason that holds for each candidate."""
    speed = np.abs(states.profiles[:, 1:]).max(axis=2)
    fast = (speed[:, :Z].max(axis=1) > limits.lateral) | (speed[:, Z] > limits.z)
    holds = {
        Reason.NOT_A_NUMBER: ~states.finite,
        Reason.NO_CONVERGENCE: ~states.converged,
        Reason.DILUTE: states.profiles[:, 0].min(axis=1) < LOWEST_DENSITY,
        Reason.FAST: fast,
    }
    return [
        next((reason for reason, rows in holds.items() if rows[row]), None)
        for row in range(len(speed))
    ]


def _expect_answers(answered: NDArray[np.bool_]) -> None:
    """Raise if a member of the committee gave no number for any candidate."""
    silent = [str(member) for member in np.flatnonzero(~answered)]
    if silent:
        message = (
            f"committee member {', '.join(silent)} of {len(answered)} (counted from 0) gives no "
            "finite force for any candidate: train it again, or leave it out"
        )
        raise CommitteeError(message)
