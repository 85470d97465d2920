"""What can be chosen about the force functional, its training and the loop around it."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

LOOP_VERSION = 1
"""Raised when exploring, judging or choosing change what they decide."""

PositiveFloat: TypeAlias = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=10**6)]


class Settings(BaseModel):
    """Base of the tables below [learning]: closed, frozen, documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FunctionalSettings(Settings):
    """The local network; the defaults are those of the appendix of Zimmermann et al. (2024)."""

    window: PositiveFloat = 2.8
    """Half width of the neighbourhood that determines the force at its centre, sigma."""

    kernel: PositiveFloat = 0.2
    """Width of the convolution kernels of the first layer, sigma."""

    filters: Annotated[tuple[Count, ...], Field(min_length=1, max_length=8)] = (16, 32, 64)
    """Filters of each convolutional layer; a layer halves the resolution."""

    nodes: Count = 100
    """Nodes of the fully connected layer."""


class TrainingSettings(Settings):
    """How a member of the committee is trained; the defaults are those of the same appendix."""

    epochs: Count = 150
    """Passes over the training windows and their sixteen mirror images."""

    batch_size: Annotated[int, Field(ge=2, le=10**6)] = 512
    """Windows per optimiser step, over all processes, in the first epochs."""

    doubling: Count = 50
    """Epochs after which the batch size doubles, again and again."""

    learning_rate: PositiveFloat = 2.5e-4
    """Step size of the Adam optimiser in the first epoch."""

    decay: Annotated[float, Field(gt=0, le=1)] = 0.985
    """Factor on the learning rate after each epoch."""

    validation: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the simulations that a member does not train on; another share for each member."""

    processes: Annotated[int, Field(ge=1, le=1024)] = 2
    """Processes that train a member together (DDP)."""


class ExplorationSettings(Settings):
    """How the committee finds the steady state of a candidate."""

    iterations: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Largest number of fixed-point iterations."""

    tolerance: Annotated[float, Field(gt=0, lt=1)] = 1e-3
    """Relative change of the force at which a candidate is converged."""


class TrustSettings(Settings):
    """Deviations of the committee between which a candidate is worth a simulation."""

    low: PositiveFloat | None = None
    """Below it the force is accurate, epsilon/sigma; default: the median over labelled fields."""

    high: PositiveFloat | None = None
    """Above it the explored fields are not to be believed, epsilon/sigma; default: the root mean
    square of the force over labelled fields."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low = {self.low:g} must be below high = {self.high:g}")
        return self
