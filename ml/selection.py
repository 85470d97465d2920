"""Which explored candidates to label: sorted by trust levels, then chosen for diversity.

Trust levels as in DP-GEN (Y. Zhang et al., Comput. Phys. Commun. 253, 107206 (2020)). The choice
looks for few fields that stand for many; distance is that of features which the symmetries of
planar geometry leave alone.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from .. import PerrinError
from ..engines.arrays import Floats
from .exploration import Exploration, Reason

MODES = 4
CHANNEL = MODES + 1
FINEST_SCALE = 1e-6  # profiles are float32: what is smaller, here and below, is rounding
DECIMALS = 6
LARGEST_BLOCK = 2**22  # distances that are in memory at a time


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
    """Choose candidates to label that together stand for all about which the committee is unsure.

    Greedy k-medoids: the next candidate is the one that brings most deviation closest to something
    labelled. With d the distance of features, it makes the sum over all explored fields c of

        deviation_c^2 min(d(c, labelled), d(c, chosen))

    smallest. Near-duplicates gain nothing, and neither does an outlier that stands for itself only.

    Parameters
    ----------
    exploration
        All that was explored; what failed counts for nothing.
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
    trusted = np.flatnonzero([reason is None for reason in verdicts.reasons])
    known = features(exploration.profiles[trusted])
    scales = _scales(np.concatenate((known, labelled)))
    points = np.round(known / scales, DECIMALS)
    choices = points[np.isin(trusted, pool)]
    nearest = _nearest(points, np.round(labelled / scales, DECIMALS))
    weight = exploration.deviation[trusted] ** 2
    chosen: list[int] = []
    for _ in range(min(count, len(pool))):
        gain = _gain(points, choices, nearest, weight)
        gain[chosen] = -1.0
        chosen.append(int(np.argmax(gain.astype(np.float32))))
        nearest = np.minimum(nearest, cdist(points, choices[chosen[-1:]])[:, 0])
    return pool[chosen]


def _gain(points: Floats, choices: Floats, nearest: Floats, weight: Floats) -> Floats:
    """Weighted distance to what is labelled that each choice would save, shape (choices,)."""
    size = max(1, LARGEST_BLOCK // len(points))
    blocks = (choices[start : start + size] for start in range(0, len(choices), size))
    return np.concatenate(
        [weight @ np.maximum(nearest[:, None] - cdist(points, block), 0.0) for block in blocks]
    )


def _nearest(points: Floats, labelled: Floats) -> Floats:
    """Distance of each point to what is labelled, shape (B,); nothing is nearer than anything."""
    if len(labelled) == 0 or len(points) == 0:
        return np.full(len(points), 1.0 + 2.0 * np.abs(points).sum(axis=1).max(initial=0.0))
    return np.asarray(cdist(points, labelled).min(axis=1))


def _scales(known: Floats) -> Floats:
    """Divisors that make the total variance one, of density and of velocity, shape (20,)."""
    variance = known.var(axis=0) if len(known) else np.zeros(known.shape[1])
    density, velocity = np.sqrt([variance[:CHANNEL].sum(), variance[CHANNEL:].sum()])
    scales = np.repeat([density, velocity], [CHANNEL, 3 * CHANNEL])
    return np.asarray(np.maximum(scales, FINEST_SCALE))
