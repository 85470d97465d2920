"""Mixtures: one potential whose scales of length and energy depend on the species of a pair."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple, Self, TypeAlias

from pydantic import Field, model_validator

from .pair import pair, pair_function
from .pair_potential import PairPotential
from .single import Single

Scale: TypeAlias = Annotated[float, Field(gt=0, le=100)]
Scales: TypeAlias = Annotated[
    tuple[Annotated[tuple[Scale, ...], Field(min_length=1, max_length=16)], ...],
    Field(min_length=1, max_length=16),
]


class ScaledCoefficients(NamedTuple):
    """What the kernel needs for one pair of species."""

    inverse_sigma2: float
    """Per square of the diameter."""
    energy_over_sigma2: float
    energy: float
    single: Any
    """Numbers of the potential that is scaled."""


class Mixture(PairPotential):
    """Particles of several species: phi_ab(r) = epsilon_ab phi(r / sigma_ab)."""

    kind: Literal["mixture"]
    """Which potential this is."""

    single: Single
    """phi, in units of the diameter and energy of each pair of species; its cut-off too."""

    sigma: Scales
    """Diameters sigma_ab of species a and b, a row for each species, sigma."""

    energy: Scales
    """Energies epsilon_ab of species a and b, a row for each species, epsilon."""

    @model_validator(mode="after")
    def _are_symmetric(self) -> Self:
        for name, rows in (("sigma", self.sigma), ("energy", self.energy)):
            _expect_symmetric(name, rows, len(self.sigma))
        return self

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair of any species, sigma."""
        return self.single.range * max(map(max, self.sigma))

    @property
    def species(self) -> int:
        """Number of species."""
        return len(self.sigma)

    def coefficients(self) -> ScaledCoefficients:
        """Numbers for a pair of the first species."""
        return self._scaled(0, 0)

    def table(self, species: int) -> tuple[Any, ...]:
        """Numbers for every pair of species, that of a and b at a S + b."""
        return tuple(self._scaled(a, b) for a in range(species) for b in range(species))

    def _scaled(self, a: int, b: int) -> ScaledCoefficients:
        inverse, energy = self.sigma[a][b] ** -2, self.energy[a][b]
        return ScaledCoefficients(inverse, energy * inverse, energy, self.single.coefficients())


def _expect_symmetric(name: str, rows: Scales, species: int) -> None:
    if len(rows) != species or any(len(row) != species for row in rows):
        shape = f"{len(rows)} rows of {', '.join(str(len(row)) for row in rows)} numbers"
        raise ValueError(f"{name} has {shape}; for {species} species it needs {species} of each")
    for a in range(species):
        for b in range(a):
            if rows[a][b] != rows[b][a]:
                message = f"{name}[{a}][{b}] = {rows[a][b]:g} and {name}[{b}][{a}] = {rows[b][a]:g}"
                raise ValueError(f"{message} must be equal: pairs have no order")


@pair_function(ScaledCoefficients)
def scaled(coefficients: ScaledCoefficients, r2: float) -> tuple[float, float]:
    """Force over distance and energy of a pair."""
    force_over_r, energy = pair(coefficients.single, r2 * coefficients.inverse_sigma2)
    return coefficients.energy_over_sigma2 * force_over_r, coefficients.energy * energy
