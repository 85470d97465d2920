"""Correlations from their sums: pairs by distance, displacements and scattering by lag."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..engines.box import Box
from ..engines.description import values
from ..engines.samplers.radial_distribution import RadialDistribution
from ..engines.samplers.relaxation import Relaxation
from .grouped_sums import Sums

Fields = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Correlations:
    """Where correlations were sampled."""

    pair_width: float | None
    """Width of the bins in distance, sigma; None if pairs were not sampled."""
    lags: NDArray[np.float64]
    """Lags, (L,), tau; none if relaxation was not sampled."""
    wavenumbers: tuple[float, ...]
    """Of the scattering functions, 1/sigma."""

    @classmethod
    def of(cls, sampling: Mapping[str, Any], time_step: float) -> Self:
        """Read it from the description of a sampling, as it was written."""
        pairs, relaxation = sampling.get("radial_distribution"), sampling.get("relaxation")
        width = RadialDistribution(**values(pairs)).bin_width if pairs else None
        if not relaxation:
            return cls(width, np.zeros(0), ())
        settings = Relaxation(**values(relaxation))
        lags = np.asarray(settings.lag_steps(time_step) * time_step, dtype=np.float64)
        return cls(width, lags, settings.wavenumbers)

    def distances(self, sums: Sums) -> NDArray[np.float64]:
        """Centres of the bins in distance, sigma."""
        bins = sums["pair_counts"].shape[-1] if self.pair_width else 0
        return np.asarray((np.arange(bins) + 0.5) * (self.pair_width or 0.0))

    def estimate(self, sums: Sums, box: Box, temperature: float) -> Fields:
        """Correlations of an ensemble from its sums; particles that move have their temperature."""
        pairs = self._pairs(sums, box, temperature) if self.pair_width else {}
        return {**pairs, **(_relaxation(sums) if len(self.lags) else {})}

    def _pairs(self, sums: Sums, box: Box, temperature: float) -> Fields:
        counts, samples = sums["pair_counts"], sums["pair_samples"]
        width, bins = self.pair_width or 0.0, counts.shape[-1]
        shells = np.diff([box.ball(width * k) for k in range(bins + 1)]) / box.volume
        particles = sums["density"].sum(axis=-1) / sums["steps"]
        partners = np.triu(np.outer(particles, particles), 1)
        partners += np.diag(particles * (particles - 1) / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            counted = counts.sum(axis=(0, 1)) / (samples * partners.sum() * shells)
            fields = {"pair_distribution": counted}
            if len(partners) > 1:
                partial = counts / (samples * partners[..., None] * shells)
                fields["partial_pair_distribution"] = _symmetric(partial)
            if sums["pair_forces"].size:
                forces = sums["pair_forces"].sum(axis=(0, 1))
                outside = np.cumsum(forces[::-1])[::-1] - 0.5 * forces
                sphere = box.dimensions * box.ball(1.0)
                if "kinetic_energy" in sums:
                    kinetic = sums["kinetic_energy"][0] / sums["energy_samples"]
                    temperature = 2 * kinetic / (box.dimensions * particles.sum())
                norm = box.volume / (sphere * partners.sum() * temperature * samples)
                outer = slice(bins // 2, None)
                level = (counted + norm * outside)[outer].mean()
                fields["pair_distribution_by_forces"] = level - norm * outside
        return fields


def _symmetric(partial: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill in species b < a of pairs that were counted for a <= b, (S, S, bins)."""
    lower = np.tril(np.ones(partial.shape[:2], dtype=bool), -1)
    return np.where(lower[..., None], partial.swapaxes(0, 1), partial)


def _relaxation(sums: Sums) -> Fields:
    samples = sums["lag_samples"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "mean_squared_displacement": sums["squared_displacement"] / samples,
            "mean_quartic_displacement": sums["quartic_displacement"] / samples,
            "self_scattering": sums["self_scattering"] / samples,
            "coherent_scattering": sums["coherent_scattering"] / samples,
        }


UNITS: Mapping[str, tuple[str, str]] = {
    "pair_distribution": ("1", "radial distribution function"),
    "pair_distribution_by_forces": ("1", "radial distribution function from forces"),
    "partial_pair_distribution": ("1", "radial distribution function of two species"),
    "mean_squared_displacement": ("sigma^2", "mean squared displacement"),
    "mean_quartic_displacement": ("sigma^4", "mean fourth power of the displacement"),
    "self_scattering": ("1", "self intermediate scattering function"),
    "coherent_scattering": ("1", "coherent intermediate scattering function, S(q) at lag zero"),
}

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "pair_distribution": ("distance",),
    "pair_distribution_by_forces": ("distance",),
    "partial_pair_distribution": ("species", "other_species", "distance"),
    "mean_squared_displacement": ("frame", "species", "lag"),
    "mean_quartic_displacement": ("frame", "species", "lag"),
    "self_scattering": ("frame", "species", "wavenumber", "lag"),
    "coherent_scattering": ("frame", "wavenumber", "lag"),
}

FRAMES = ("laboratory", "centre of mass")
