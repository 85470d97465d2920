"""The Kob-Andersen mixture, a model of glass formers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from .lennard_jones import LennardJones
from .mixture import Mixture, ScaledCoefficients, Scales
from .pair_potential import PairPotential
from .truncation import Shift


class KobAndersen(PairPotential):
    """The glass-forming mixture of W. Kob and H. C. Andersen, Phys. Rev. E 51, 4626 (1995).

    Usually with four particles of the first species for each of the second, at 1.2 sigma^-3.
    """

    SIGMA: ClassVar[Scales] = ((1.0, 0.8), (0.8, 0.88))
    ENERGY: ClassVar[Scales] = ((1.0, 1.5), (1.5, 0.5))

    kind: Literal["kob-andersen"]
    """Which potential this is."""

    cutoff: float = Field(default=2.5, ge=0.5, le=100)
    """Distance beyond which particles do not interact, in units of sigma_ab."""

    shift: Shift = "energy"
    """What is continuous at the cut-off, as for Lennard-Jones."""

    @property
    def mixture(self) -> Mixture:
        """The same as a mixture of Lennard-Jones particles."""
        single = LennardJones(kind="lennard-jones", cutoff=self.cutoff, shift=self.shift)
        return Mixture(kind="mixture", single=single, sigma=self.SIGMA, energy=self.ENERGY)

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair of any species, sigma."""
        return self.mixture.range

    @property
    def species(self) -> int:
        """Number of species."""
        return 2

    def coefficients(self) -> ScaledCoefficients:
        """Numbers for a pair of the first species."""
        return self.mixture.coefficients()

    def table(self, species: int) -> tuple[Any, ...]:
        """Numbers for every pair of species, that of a and b at a S + b."""
        return self.mixture.table(species)
