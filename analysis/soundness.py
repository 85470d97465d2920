"""Which state points should not be trusted: frozen, heterogeneous, unequilibrated, not ergodic.

Judged from what is accumulated anyway. What was not sampled, or not for long enough to tell, is not
judged: a state point is sound until something speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .drift import drifts
from .free_motion import FreeMotion
from .grouped_sums import Sums
from .one_body import Ensemble, OneBodyFields
from .rare_places import LOWEST_DENSITY, lowest_density
from .slabs import UNKNOWN, Heterogeneity, heterogeneity

SMALLEST_DISPLACEMENT = 0.1
"""Mean squared displacement of particles that have left the cage of their neighbours, sigma^2."""

FAR = 2.0
"""Free displacement from which on a smaller one than that is frozen, sigma^2. Long-time diffusion
of a fluid that is about to freeze is a tenth of the free one (H. Löwen, T. Palberg and R. Simon,
Phys. Rev. Lett. 70, 1557 (1993)): its particles have moved by twice that much."""

CONFINING = ("walls", "harmonic-trap")
"""Kinds of fields that keep particles from places for good: neither density nor displacement of
particles in them are judged."""

CENTRE_OF_MASS = 1


@dataclass(frozen=True)
class Soundness:
    """What speaks against a state point.

    Attributes
    ----------
    lowest_density
        Of any place, sigma^-3; NaN if it was not sampled for long enough.
    heterogeneity
        See `slabs.heterogeneity`; NaN in an external field, or with too few bins.
    reasons
        Why it is not sound; none if it is.
    """

    lowest_density: float
    heterogeneity: float
    reasons: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    @property
    def unsound_because(self) -> str:
        """All reasons in one line; empty if there are none."""
        return "; ".join(self.reasons)


def soundness(fields: OneBodyFields, group: str) -> Soundness:
    """Judge one state point of a reduction."""
    ensemble, stacked = fields.ensembles[group], fields.sums[group].stacked()
    replicas = fields.sums[group].replicas
    totals = {name: values.sum(axis=0) for name, values in stacked.items()}
    numbers, samples = totals["density"].sum(axis=0), int(totals["steps"])
    lowest = lowest_density(numbers, samples, len(replicas), ensemble)
    has_field = ensemble.physics.state_point.get("field") is not None
    length = ensemble.geometry.box.profile_length
    varied = UNKNOWN if has_field else heterogeneity(stacked, replicas, length)
    reasons = (
        *(_hardly_visited(lowest) if has_field and not _is_confined(ensemble) else ()),
        *_heterogeneous(varied),
        *_unsteady(stacked, fields.blocks[group]),
        *_frozen(totals, ensemble),
    )
    return Soundness(lowest, varied.value, reasons)


def _is_confined(ensemble: Ensemble) -> bool:
    field = ensemble.physics.state_point.get("field") or {}
    return field.get("kind") in CONFINING


def _hardly_visited(lowest: float) -> Iterator[str]:
    if lowest < LOWEST_DENSITY:
        yield (
            f"particles hardly ever visit some places (density {lowest:.2g}, below "
            f"{LOWEST_DENSITY:g} sigma^-3): may not be ergodic"
        )


def _heterogeneous(varied: Heterogeneity) -> Iterator[str]:
    if varied.is_significant:
        yield (
            f"heterogeneous: densities of slabs vary as those of rigid clusters of "
            f"{varied.value:.3g} particles ({varied.allowed:.3g} are allowed)"
        )


def _unsteady(stacked: Sums, blocks: Sums) -> Iterator[str]:
    for drift in drifts(stacked, blocks):
        if drift.is_significant:
            yield (
                f"not steady: {drift.name} changed between halves of the sampling by "
                f"{drift.errors:.3g} standard errors ({drift.allowed:.3g} are allowed)"
            )


def _frozen(totals: Sums, ensemble: Ensemble) -> Iterator[str]:
    lags = ensemble.geometry.correlations.lags
    if not len(lags) or not totals["lag_samples"][-1] or _is_confined(ensemble):
        return
    lag, particles = float(lags[-1]), ensemble.geometry.particles
    free = FreeMotion.of(ensemble).squared_displacement(lag, ensemble.geometry.box.dimensions)
    moved = totals["squared_displacement"][CENTRE_OF_MASS, :, -1] / totals["lag_samples"][-1]
    slowest = float(moved.min())
    if particles > 1 and free >= FAR and slowest < SMALLEST_DISPLACEMENT:
        yield (
            f"frozen: mean squared displacement {slowest:.2g} sigma^2 in {lag:g} tau (at least "
            f"{SMALLEST_DISPLACEMENT:g} is expected; free particles: {free:.2g})"
        )
