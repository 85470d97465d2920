"""From the start of a replica to the end of its sampling: the stages of every simulation."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

TimeStep: TypeAlias = Annotated[float, Field(ge=1e-9, le=1)]
BulkTime: TypeAlias = Annotated[float, Field(ge=0, le=1e7)]
NoiseSource: TypeAlias = Literal["stream", "particles"]
HotTemperature: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]


class Protocol(BaseModel):
    """A start, hot if asked for, then equilibration without external force."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    time_step: TimeStep
    """Time step, tau."""

    start: Literal["random", "lattice"] = "random"
    """Where particles begin: anywhere, or on a face-centred cubic (in two dimensions triangular)
    lattice that fits the box; overlaps are relaxed before the first step."""

    bulk_time: BulkTime = 10.0
    """Time of equilibration without external force, tau."""

    hot_time: BulkTime = 0.0
    """Time at `hot_temperature` before the bulk time, tau: a quench follows."""

    hot_temperature: HotTemperature | None = None
    """k_B T of that time, epsilon."""

    @model_validator(mode="after")
    def _hot_is_complete(self) -> Self:
        if (self.hot_time > 0) != (self.hot_temperature is not None):
            message = (
                f"hot_time = {self.hot_time:g} and hot_temperature = {self.hot_temperature}: "
                "give both, or none of them"
            )
            raise ValueError(message)
        return self


class Stage(NamedTuple):
    """Steps of a replica that go by the same rules."""

    until: int
    """First step that belongs to another stage."""
    temperature: float
    """k_B T, epsilon."""
    has_field: bool
    """Whether the external force acts."""
