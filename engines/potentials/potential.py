"""The choice of potentials: those of one species, those that tell species apart, and none."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from .ideal import Ideal
from .kob_andersen import KobAndersen
from .many_body import ManyBody
from .mixture import Mixture
from .single import Single

Potential: TypeAlias = Annotated[
    Single | Mixture | KobAndersen | ManyBody | Ideal, Field(discriminator="kind")
]
