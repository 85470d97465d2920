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
Count: TypeAlias = Annotated[int, Field(ge=4, le=100)]
CountInterval: TypeAlias = Annotated[tuple[Count, Count], AfterValidator(ordered)]
Degree: TypeAlias = Annotated[int, Field(ge=2, le=5)]
DegreeInterval: TypeAlias = Annotated[tuple[Degree, Degree], AfterValidator(ordered)]

TABLE_SIZE = 200
DECIMALS = 6
"""Energies are rounded: last bits, which differ between libraries, would change the identity."""
MISFITS = (1.0, 2.0, 4.0, 8.0)
"""Root mean square distances of a spline from its base points that are tried in turn, epsilon."""


class RandomSpline(BaseModel):
    """The distribution of potentials of the paper, in which epsilon is k_B T.

    A smoothing spline goes past base points at random distances, the first at contact and the last
    at the cut-off. Base points are mirrored at the cut-off, so that the force vanishes there; the
    energy is shifted so that it does, too. The paper does not say how far a spline may miss its
    base points: here by 1 epsilon, and by more if it swings beyond twice the interval of energies.
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
        cutoff = float(rng.uniform(*self.cutoff))
        count = int(rng.integers(*self.points, endpoint=True))
        inner = np.sort(rng.uniform(0.0, cutoff, count - 2))
        distances = np.concatenate([[0.0], inner, [cutoff]])
        energies = rng.uniform(*self.energy, count)
        degree = int(rng.integers(*self.degree, endpoint=True))
        core = 1.0 if rng.random() < self.core_fraction else 0.0
        largest = 2.0 * (self.energy[1] - self.energy[0])
        table = calm_table(distances, energies, degree, largest)
        return Tabulated(kind="tabulated", energies=tuple(table), cutoff=cutoff, core=core)


def calm_table(distances: Floats, energies: Floats, degree: int, largest: float) -> list[float]:
    """Tabulate the first of ever smoother splines that stays within `largest`, or the last."""
    table: list[float] = []
    for misfit in MISFITS:
        table = smooth(distances, energies, degree, misfit)
        if max(map(abs, table)) <= largest:
            break
    return table


def smooth(distances: Floats, energies: Floats, degree: int, misfit: float) -> list[float]:
    """Tabulate a smoothing spline past these points, (n,), that ends flat and at 0.

    Parameters
    ----------
    distances, energies
        Base points in order, the first at contact and the last at the cut-off; sigma, epsilon.
    degree
        Degree of the spline.
    misfit
        Root mean square distance of the spline from the points, epsilon.
    """
    from scipy.interpolate import UnivariateSpline

    cutoff = distances[-1]
    mirrored = np.concatenate([distances, 2.0 * cutoff - distances[-2::-1]])
    values = np.concatenate([energies, energies[-2::-1]])
    with warnings.catch_warnings():
        # That the misfit is not met to 0.1 %: any near it will do
        warnings.simplefilter("ignore", UserWarning)
        spline = UnivariateSpline(mirrored, values, k=degree, s=misfit**2 * len(values))
    grid = np.linspace(0.0, cutoff, TABLE_SIZE)
    table = 0.5 * (spline(grid) + spline(2.0 * cutoff - grid))
    return [round(float(value), DECIMALS) for value in table - table[-1]]
