"""Random spline potentials, with which networks learn equations of state.

F. Berressem and A. Nikoubashman, J. Chem. Phys. 154, 124123 (2021), sec. 2.2.
"""

from __future__ import annotations

import warnings
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..arrays import Floats
from ..intervals import Fraction, Interval, ordered
from .tabulated import Tabulated

Cutoff: TypeAlias = Annotated[float, Field(ge=0.1, le=100)]
CutoffInterval: TypeAlias = Annotated[tuple[Cutoff, Cutoff], AfterValidator(ordered)]
Count: TypeAlias = Annotated[int, Field(ge=4, le=1000)]
CountInterval: TypeAlias = Annotated[tuple[Count, Count], AfterValidator(ordered)]
Degree: TypeAlias = Annotated[int, Field(ge=2, le=5)]
DegreeInterval: TypeAlias = Annotated[tuple[Degree, Degree], AfterValidator(ordered)]

TABLE_SIZE = 200
MISFIT = 1.0
"""Root mean square distance of a smoothing spline from its base points, epsilon."""


class RandomSpline(BaseModel):
    """The distribution of potentials of the paper, in which epsilon is k_B T.

    A smoothing spline goes past base points at random distances, the first at contact and the last
    at the cut-off. Base points are mirrored at the cut-off, so that the force vanishes there; the
    energy is shifted so that it does, too. The paper does not say how far a spline may miss its
    base points, and what becomes of splines that swing: here by `MISFIT`, and they are drawn again
    if they leave the interval of energies by more than its width.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    cutoff: CutoffInterval = (0.5, 5.0)
    """Interval of the cut-off, sigma."""

    points: CountInterval = (6, 10)
    """Smallest and largest number of base points."""

    energy: Interval = (0.0, 15.0)
    """Interval of the energies of the base points, epsilon."""

    degree: DegreeInterval = (2, 5)
    """Smallest and largest degree of the spline."""

    core_fraction: Fraction = 0.5
    """Share of the potentials to which a Weeks-Chandler-Andersen core of strength epsilon is
    added."""

    def draw(self, rng: np.random.Generator) -> Tabulated:
        """Draw one potential."""
        while True:
            cutoff, table = self._draw_table(rng)
            if max(map(abs, table)) <= 2.0 * (self.energy[1] - self.energy[0]) + MISFIT:
                break
        core = 1.0 if rng.random() < self.core_fraction else 0.0
        return Tabulated(kind="tabulated", energies=tuple(table), cutoff=cutoff, core=core)

    def _draw_table(self, rng: np.random.Generator) -> tuple[float, list[float]]:
        """Draw a cut-off, and energies up to there."""
        cutoff = float(rng.uniform(*self.cutoff))
        count = int(rng.integers(*self.points, endpoint=True))
        inner = np.sort(rng.uniform(0.0, cutoff, count - 2))
        energies = rng.uniform(*self.energy, count)
        degree = int(rng.integers(*self.degree, endpoint=True))
        return cutoff, smooth(np.concatenate([[0.0], inner, [cutoff]]), energies, degree)


def smooth(distances: Floats, energies: Floats, degree: int) -> list[float]:
    """Tabulate a smoothing spline past these points, (n,), that ends flat and at 0."""
    from scipy.interpolate import UnivariateSpline

    cutoff = distances[-1]
    mirrored = np.concatenate([distances, 2.0 * cutoff - distances[-2::-1]])
    values = np.concatenate([energies, energies[-2::-1]])
    with warnings.catch_warnings():
        # That the misfit is not met to 0.1 %: any near it will do
        warnings.simplefilter("ignore", UserWarning)
        spline = UnivariateSpline(mirrored, values, k=degree, s=MISFIT**2 * len(values))
    grid = np.linspace(0.0, cutoff, TABLE_SIZE)
    table = 0.5 * (spline(grid) + spline(2.0 * cutoff - grid))
    return [float(value) for value in table - table[-1]]
