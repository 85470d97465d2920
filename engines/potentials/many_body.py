"""Forces from outside: a function of all particles together, such as a learned potential."""

from __future__ import annotations

import ast
from typing import Literal, NamedTuple, Self

from pydantic import FiniteFloat, model_validator

from ..callback import callback_of
from .pair import pair_function
from .pair_potential import PairPotential


class ManyBodyCoefficients(NamedTuple):
    """What the kernel needs."""

    address: int
    """Where the compiled caller of the function is."""


class ManyBody(PairPotential):
    """Any interaction, as code that is given arrays and returns arrays.

    There are no lists of neighbours: the code makes its own. It is part of what identifies a state
    point, and runs with the rights of whoever runs the campaign: treat campaign files as programs.
    A file that it reads is not part of the identity: name it by what is in it.
    """

    kind: Literal["many-body"]
    """Which potential this is."""

    code: str
    """Defines `forces(p, positions, species, edges)`, which returns forces, (N, 3), epsilon/sigma,
    energies of the particles, (N,), epsilon, and their virial, sum r F by components xx, yy, zz,
    yz, xz, xy, (6,), epsilon, or None if nobody knows it. It is given positions, (N, 3), in the
    box, sigma, the number of the species of each particle, (N,), and the edges of the box, (3,),
    sigma; `p` are the parameters. `math` and `np` are there, and what the code imports."""

    parameters: tuple[FiniteFloat, ...] = ()
    """What the function is given as `p`."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        try:
            ast.parse(self.code)
        except SyntaxError as error:
            raise ValueError(f"code: line {error.lineno}: {error.msg}") from error
        return self

    @property
    def range(self) -> float:
        """No pair is listed."""
        return 0.0

    def coefficients(self) -> ManyBodyCoefficients:
        """Run the code, once in each process."""
        return ManyBodyCoefficients(callback_of(self.code, self.parameters).address)


@pair_function(ManyBodyCoefficients)
def no_pair(coefficients: ManyBodyCoefficients, r2: float) -> tuple[float, float]:  # noqa: ARG001
    """No force and no energy belongs to a pair."""
    return 0.0, 0.0
