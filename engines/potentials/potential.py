"""The choice of pair potentials: add yours here."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from .ideal import Ideal
from .lennard_jones import LennardJones

Potential: TypeAlias = Annotated[LennardJones | Ideal, Field(discriminator="kind")]
