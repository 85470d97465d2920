"""How far a committee is from simulations that it has not learned from.

The error of a functional on S held-out fields is RMS(df) / RMS(f), with df = f* - f and the root
mean squares pooled over fields, bins and components: a ratio taken point by point would diverge
where f vanishes. Its standard error is that of the delete-one jackknife over fields: bins of one
field are not independent of each other, fields are (B. Efron and C. Stein, Ann. Stat. 9, 586
(1981)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from .. import PerrinError
from ..analysis import grouped_sums
from ..engines.arrays import Floats
from .committee import Functional, deviation, evaluate
from .profiles import Profiles

FEWEST_FOR_RANKS = 3


class EvaluationError(PerrinError, ValueError):
    """Judgements that cannot be compared."""


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error, which is NaN if there is but one field."""

    value: float
    error: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """A committee of K members, and simulations of S fields on n bins that judge it."""

    names: tuple[str, ...]
    """State points, length S."""
    force: Floats
    """Mean of the committee, shape (S, 3, n), epsilon/sigma."""
    spread: Floats
    """Standard deviation over the committee (K - 1), shape (S, 3, n), epsilon/sigma."""
    squares: Floats
    """Sum over bins of df^2, shape (S, 3), epsilon^2/sigma^2."""
    reference: Floats
    """Sum over bins of f^2, shape (S, 3), epsilon^2/sigma^2."""
    error: Estimate
    """RMS(df) / RMS(f) of the mean of the committee."""
    components: tuple[Estimate, Estimate, Estimate]
    """The same for f_x, f_y and f_z alone."""
    members: tuple[Estimate, ...]
    """The same for each member alone, length K."""
    r_squared: Estimate
    """1 - sum df^2 / sum (f - <f>)^2, the mean <f> taken component by component."""
    deviations: Floats
    """Committee deviation of each field, shape (S,), epsilon/sigma."""
    true_errors: Floats
    """Root of the mean over bins of the sum over components of df^2, shape (S,), epsilon/sigma."""

    @property
    def rank_correlation(self) -> float | None:
        """Spearman's correlation of deviation and true error over fields; None for too few."""
        return rank_correlation(self.deviations, self.true_errors)


def judge(committee: Sequence[Functional], profiles: Profiles) -> Judgement:
    """Hold a committee of at least two members against simulated fields, one of them at least."""
    answers = np.stack([evaluate(member, profiles.inputs) for member in committee])
    force, spread = answers.mean(axis=0), answers.std(axis=0, ddof=1)
    truth = profiles.internal_force
    squares, reference = _squares(force - truth), _squares(truth)
    return Judgement(
        names=profiles.names,
        force=force,
        spread=spread,
        squares=squares,
        reference=reference,
        error=_relative(squares.sum(axis=1), reference.sum(axis=1)),
        components=(
            _relative(squares[:, 0], reference[:, 0]),
            _relative(squares[:, 1], reference[:, 1]),
            _relative(squares[:, 2], reference[:, 2]),
        ),
        members=tuple(
            _relative(_squares(answer - truth).sum(axis=1), reference.sum(axis=1))
            for answer in answers
        ),
        r_squared=_r_squared(squares, truth),
        deviations=deviation(spread),
        true_errors=np.sqrt(squares.sum(axis=1) / profiles.bins),
    )


def difference(first: Judgement, second: Judgement) -> Estimate:
    """Error of the first committee less that of the second, judged on the same fields.

    The standard error is that of the difference itself: what both owe to the choice of the fields
    cancels.
    """
    if first.names != second.names:
        raise EvaluationError("two committees can be compared on the same held-out fields only")
    sums = np.stack(
        [first.squares.sum(axis=1), second.squares.sum(axis=1), first.reference.sum(axis=1)], axis=1
    )
    return jackknife(sums, lambda s: _ratio(s[..., 0], s[..., 2]) - _ratio(s[..., 1], s[..., 2]))


def label_noise(profiles: Profiles) -> Estimate | None:
    """Standard error of the simulated force over the force, RMS over RMS; None if unknown.

    The error that even a perfect functional shows, because the simulations have errors themselves.
    """
    noise = _squares(profiles.internal_force_error).sum(axis=1)
    if not np.isfinite(noise).all():
        return None
    return _relative(noise, _squares(profiles.internal_force).sum(axis=1))


def rank_correlation(deviations: Floats, errors: Floats) -> float | None:
    """Spearman's rank correlation, shapes (S,); None for too few, equal or undefined numbers."""
    both = np.stack([deviations, errors])
    if both.shape[1] < FEWEST_FOR_RANKS or not np.isfinite(both).all():
        return None
    if (np.ptp(both, axis=1) == 0).any():
        return None
    return float(spearmanr(*both).statistic)


def jackknife(sums: Floats, function: Callable[[Floats], Floats]) -> Estimate:
    """Estimate a function of sums over S fields, with its error from leaving out one at a time.

    Parameters
    ----------
    sums
        What each field contributes, shape (S, m).
    function
        Of sums, shape (..., m) -> (...).
    """
    found = grouped_sums.jackknife(
        {"sums": sums}, lambda total: {"value": np.asarray(function(total["sums"]))}
    )
    value, error = found["value"]
    return Estimate(float(value), float(error))


def _squares(vectors: Floats) -> Floats:
    return np.asarray((vectors**2).sum(axis=2))


def _relative(squares: Floats, reference: Floats) -> Estimate:
    return jackknife(np.stack([squares, reference], axis=1), lambda s: _ratio(s[..., 0], s[..., 1]))


def _ratio(squares: Floats, reference: Floats) -> Floats:
    """Root of a ratio of sums of squares; NaN where there is nothing to compare with."""
    return np.sqrt(np.maximum(squares, 0.0) / np.where(reference > 0, reference, np.nan))


def _r_squared(squares: Floats, truth: Floats) -> Estimate:
    fields, _, bins = truth.shape
    sums = np.concatenate(
        [
            squares.sum(axis=1)[:, None],
            _squares(truth).sum(axis=1)[:, None],
            truth.sum(axis=2),
            np.full((fields, 1), bins),
        ],
        axis=1,
    )
    return jackknife(sums, _explained)


def _explained(sums: Floats) -> Floats:
    """Of squared errors, squared forces, sums of each component, and the number of bins."""
    about_mean = sums[..., 1] - (sums[..., 2:5] ** 2).sum(axis=-1) / sums[..., 5]
    return 1 - sums[..., 0] / np.where(about_mean > 0, about_mean, np.nan)
