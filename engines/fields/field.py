"""Every external field that a state point may have."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from .function import FunctionField
from .harmonic_trap import HarmonicTrap
from .planar import PlanarFourier
from .shear import Shear
from .tabulated import TabulatedProfile
from .walls import Walls

ExternalField: TypeAlias = Annotated[
    PlanarFourier | TabulatedProfile | HarmonicTrap | Walls | Shear | FunctionField,
    Field(discriminator="kind"),
]
