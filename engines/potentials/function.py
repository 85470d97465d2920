"""A potential written by the user: its energy as a few lines of Python in the campaign file."""

from __future__ import annotations

import math
from typing import Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, model_validator

from ..user_code import called, defined
from .pair_potential import PairPotential
from .tabulated import Tabulated, TabulatedCoefficients

STEP = 1e-5
"""Of the difference that gives the slope at the cut-off, sigma."""


class FunctionPotential(PairPotential):
    """Energy as code, of which a fine table is made: nothing is compiled for it.

    Energy and force are shifted to vanish at the cut-off. Closer than the first distance the
    potential goes on in a straight line. The code is part of what identifies a state point. It runs
    with the rights of whoever runs the campaign: treat campaign files as programs.
    """

    kind: Literal["function"]
    """Which potential this is."""

    code: str
    """Defines `energy(p, r)`, epsilon, at a distance r, sigma: `p` are the parameters. `math` and
    `np` are there."""

    parameters: tuple[FiniteFloat, ...] = ()
    """What the function is given as `p`."""

    cutoff: float = Field(ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    first: float = Field(default=0.5, gt=0, le=100)
    """Shortest distance of the table, sigma: particles should never come as close."""

    points: int = Field(default=4000, ge=4, le=100_000)
    """Distances of the table."""

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""
        return self.cutoff

    @model_validator(mode="after")
    def _works(self) -> Self:
        if self.first >= self.cutoff:
            raise ValueError(f"first = {self.first} must be less than cutoff = {self.cutoff}")
        self.table_of_energies()
        return self

    def table_of_energies(self) -> Tabulated:
        """Evaluate the code."""
        function, parameters = defined(self.code, "energy", "energy(p, r)"), self.parameters
        distances = np.linspace(self.first, self.cutoff, self.points)
        values = np.array([float(called(function, parameters, r)) for r in distances.tolist()])
        if not np.isfinite(values).all():
            r = distances[np.argmin(np.isfinite(values))]
            raise ValueError(f"code: energy at r = {r:.4g} is no finite number")
        ends = [float(called(function, parameters, self.cutoff + s * STEP)) for s in (-1, 1)]
        slope = (ends[1] - ends[0]) / (2 * STEP)
        if not math.isfinite(slope):
            raise ValueError(f"code: energy has no slope at the cut-off, r = {self.cutoff}")
        shifted = values - values[-1] - slope * (distances - self.cutoff)
        energies = (*shifted[:-1].tolist(), 0.0)
        return Tabulated(kind="tabulated", energies=energies, first=self.first, cutoff=self.cutoff)

    def coefficients(self) -> TabulatedCoefficients:
        """Numbers for the pair function."""
        return self.table_of_energies().coefficients()
