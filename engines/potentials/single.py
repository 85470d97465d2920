"""The choice of potentials that treat all particles alike: add yours here."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from .function import FunctionPotential
from .gaussian_core import GaussianCore
from .inverse_power import InversePower
from .lennard_jones import LennardJones
from .tabulated import Tabulated
from .weeks_chandler_andersen import WeeksChandlerAndersen
from .yukawa import Yukawa

Single: TypeAlias = Annotated[
    LennardJones
    | WeeksChandlerAndersen
    | GaussianCore
    | Yukawa
    | InversePower
    | Tabulated
    | FunctionPotential,
    Field(discriminator="kind"),
]
