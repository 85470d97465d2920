"""Which explored candidates to label: sorted by trust levels, then chosen for diversity.

Trust levels as in DP-GEN (Y. Zhang et al., Comput. Phys. Commun. 253, 107206 (2020)). The choice
is greedy: the next candidate is the one whose deviation times its distance to all that is
labelled or chosen is largest. Distance is that of features which the symmetries of planar
geometry leave alone.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import PerrinError
from ..engines.arrays import Floats
from .exploration import Exploration, Reason

MODES = 4
CHANNEL = MODES + 1
FINEST_SCALE = 1e-6  # profiles are float32: what is smaller, here and below, is rounding
DECIMALS = 6


class SelectionError(PerrinError, ValueError):
    """Trust levels or features that cannot be used."""


class Verdict(StrEnum):
    """Where a candidate stands between the trust levels."""

    ACCURATE = "accurate"
    CANDIDATE = "candidate"
    FAILED = "failed"


@dataclass(frozen=True)
class TrustLevels:
    """Bounds on the deviation of a committee: accurate < low <= candidate < high <= failed."""

    low: float
    """Deviation below which nothing is left to learn, epsilon/sigma."""
    high: float
    """Deviation from which the committee's fields mean nothing, epsilon/sigma."""

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high < math.inf:
            message = f"trust levels ({self.low}, {self.high}), expected 0 <= low < high, finite"
            raise SelectionError(message)


@dataclass(frozen=True)
class Verdicts:
    """Verdicts on B candidates."""

    verdicts: tuple[Verdict, ...]
    """Length B."""
    reasons: tuple[Reason | None, ...]
    """Why a candidate failed, None if it did not, length B."""

    def indices(self, verdict: Verdict) -> NDArray[np.int64]:
        """Candidates with one verdict, in their order."""
        return np.flatnonzero([found == verdict for found in self.verdicts])

    @property
    def counts(self) -> dict[Verdict, int]:
        """Candidates of each verdict."""
        return {verdict: self.verdicts.count(verdict) for verdict in Verdict}

    @property
    def failures(self) -> Counter[Reason]:
        """Candidates that failed for each reason."""
        return Counter(reason for reason in self.reasons if reason is not None)


def sort(exploration: Exploration, levels: TrustLevels) -> Verdicts:
    """Hold the deviations of explored candidates against the trust levels."""
    above = exploration.deviation >= levels.high
    reasons = tuple(
        reason or (Reason.DEVIATION if beyond else None)
        for reason, beyond in zip(exploration.reasons, above, strict=True)
    )
    below = exploration.deviation < levels.low
    return Verdicts(tuple(map(_verdict, reasons, below)), reasons)


def _verdict(reason: Reason | None, below: bool) -> Verdict:
    if reason is not None:
        return Verdict.FAILED
    return Verdict.ACCURATE if below else Verdict.CANDIDATE


def features(profiles: NDArray[Any]) -> Floats:
    """Describe profiles by what translations, flips and the exchange of x and y leave alone.

    Parameters
    ----------
    profiles
        rho, v_x, v_y and v_z, shape (B, 4, n), n >= 9.

    Returns
    -------
    numpy.ndarray
        Shape (B, 20): the mean of rho and the amplitudes of its modes 1 to 4, sigma^-3; the same
        of v_x and v_y, the larger of the two and then the smaller, number by number; the same of
        v_z, sigma/tau. Means of velocities without their sign.
    """
    bins = profiles.shape[2]
    if profiles.shape[1] != 4 or bins <= 2 * MODES:
        message = f"profiles of shape {profiles.shape}, expected (B, 4, n) with n > {2 * MODES}"
        raise SelectionError(message)
    modes = np.abs(np.fft.rfft(profiles.astype(np.float64), axis=2)[:, :, :CHANNEL]) / bins
    modes[:, :, 1:] *= 2
    density, x, y, z = np.moveaxis(modes, 1, 0)
    return np.concatenate((density, np.maximum(x, y), np.minimum(x, y), z), axis=1)


def choose(
    exploration: Exploration, verdicts: Verdicts, count: int, labelled: Floats
) -> NDArray[np.int64]:
    """Choose candidates to label, far from each other and from what is labelled.

    Parameters
    ----------
    exploration
        All that was explored.
    verdicts
        Of `sort`; only those with the verdict "candidate" are chosen from.
    count
        Largest number to choose.
    labelled
        `features` of what is labelled, shape (M, 20); M may be 0.

    Returns
    -------
    numpy.ndarray
        Indices in order of choice: at most `count`, all different. Of equals, the first is taken.
    """
    pool = verdicts.indices(Verdict.CANDIDATE)
    trusted = [reason is None for reason in verdicts.reasons]
    known = features(exploration.profiles[trusted])
    scales = _scales(np.concatenate((known, labelled)))
    points = np.round(features(exploration.profiles[pool]) / scales, DECIMALS)
    nearest = np.full(len(pool), np.inf)
    for other in np.round(labelled / scales, DECIMALS):
        nearest = np.minimum(nearest, _distances(points, other))
    deviation, chosen = exploration.deviation[pool], list[int]()
    for _ in range(min(count, len(pool))):
        row = _best(deviation, nearest, chosen)
        chosen.append(row)
        nearest = np.minimum(nearest, _distances(points, points[row]))
    return pool[chosen]


def _best(deviation: Floats, nearest: Floats, chosen: list[int]) -> int:
    """First row of the largest score; in single precision, so that equals are equal."""
    distance = np.where(np.isinf(nearest), 1.0, nearest)
    score = (deviation * distance).astype(np.float32)
    score[chosen] = -1.0
    return int(np.argmax(score))


def _scales(known: Floats) -> Floats:
    """Divisors that make the total variance one, of density and of velocity, shape (20,)."""
    variance = known.var(axis=0) if len(known) else np.zeros(known.shape[1])
    density, velocity = np.sqrt([variance[:CHANNEL].sum(), variance[CHANNEL:].sum()])
    scales = np.repeat([density, velocity], [CHANNEL, 3 * CHANNEL])
    return np.asarray(np.maximum(scales, FINEST_SCALE))


def _distances(points: Floats, other: Floats) -> Floats:
    """Euclidean distances, shape (B,)."""
    return np.asarray(np.sqrt(((points - other) ** 2).sum(axis=1)))
