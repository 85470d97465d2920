"""What every pair potential is: a validated model, and the numbers that its kernel needs."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from .pair import pair
from .truncation import Shift, Truncation, make_truncation

UNCUT = Truncation(math.inf, 0.0, 0.0)


class PairPotential(BaseModel, ABC):
    """An interaction of pairs, in units of sigma and epsilon.

    Using
    -----
    ``pair(potential.coefficients(), r2)`` gives force over distance and energy of a pair, in Python
    and in kernels. Nothing interacts beyond `range`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    largest_density: ClassVar[float] = math.inf
    """Number density above which no fluid start can relax, sigma^-3."""

    @property
    @abstractmethod
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""

    @property
    def species(self) -> int:
        """Number of species that it tells apart; 1 if it treats all particles alike."""
        return 1

    @abstractmethod
    def coefficients(self) -> Any:
        """Numbers for the pair function, of a type that belongs to this potential alone."""

    def table(self, species: int) -> tuple[Any, ...]:
        """Numbers for every pair of species, that of a and b at a S + b."""
        return (self.coefficients(),) * species**2


class CutPotential(PairPotential):
    """A potential with a cut-off, and a choice of how it ends there.

    Creating your own
    -----------------
    In a file of its own, write a named tuple of the numbers that the kernel needs, the last of
    which is ``truncation: Truncation``; a subclass with ``kind: Literal["its-name"]`` whose `bare`
    returns these numbers with `UNCUT`; and, decorated by ``@pair_function(ThatTuple)``, the
    function of them and of the squared distance, which ends in ``return truncated(...)``. Add the
    class to `single.Single`. Tests over all potentials then check it.
    """

    cutoff: float = Field(ge=0.5, le=100)
    """Distance beyond which particles do not interact, sigma."""

    shift: Shift = "none"
    """What is continuous at the cut-off: "none" (plainly truncated), the "energy", or energy and
    "force"."""

    @property
    def range(self) -> float:
        """Largest distance of an interacting pair, sigma."""
        return self.cutoff

    @abstractmethod
    def bare(self) -> Any:
        """Numbers for the pair function of the potential without a cut-off."""

    def coefficients(self) -> Any:
        """Numbers for the pair function."""
        bare = self.bare()
        ending = make_truncation(self.shift, self.cutoff, *pair(bare, self.cutoff**2))
        return bare._replace(truncation=ending)
