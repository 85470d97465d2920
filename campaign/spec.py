"""The campaign file as a typed model: problem, sampling, learning or precision, resources."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic.fields import FieldInfo

from ..engines.fields.random_planar import RandomPlanarField
from ..engines.intervals import Interval, PositiveInterval, WholeInterval
from ..engines.potentials.random_spline import RandomSpline
from ..engines.protocol import Protocol
from ..engines.registry import ENGINES
from ..engines.sampling import ParticleSampling
from ..engines.staged import StagedEngine
from ..ml.settings import (
    ExplorationSettings,
    FunctionalSettings,
    TrainingSettings,
    TrustSettings,
)

LARGEST_NUMBER_OF_REPLICAS = 1_000_000

PositiveNumber: TypeAlias = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Quantity: TypeAlias = Literal[
    "energy",
    "pressure",
    "pressure_tensor",
    "kinetic_energy",
    "total_energy",
    "density",
    "current",
    "velocity",
    "internal_force",
    "external_force",
    "internal_force_density",
    "residual",
]


class SpecModel(BaseModel):
    """Base of every table of the campaign file: closed, frozen, documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Density(SpecModel):
    """Mixed into state points: the density may stand for one of particles and box_length."""

    density: PositiveNumber | None = None
    """Mean number density in sigma^-3; give exactly two of particles, box_length, density."""


def _fields_of(model: type[BaseModel], wrap: Callable[[Any], Any]) -> dict[str, Any]:
    return {
        name: (wrap(_annotated(info)), Field(default=None, description=info.description))
        for name, info in model.model_fields.items()
    }


def _annotated(info: FieldInfo) -> Any:
    """Rebuild the annotation that pydantic took apart into a type and its constraints."""
    parts = [info.annotation, *info.metadata]
    if info.discriminator:
        parts.append(Field(discriminator=info.discriminator))
    return operator.getitem(Annotated, tuple(parts)) if len(parts) > 1 else info.annotation


class RandomPoints(SpecModel):
    """State points drawn at random; number i is the same however many are drawn."""

    count: int = Field(ge=1, le=LARGEST_NUMBER_OF_REPLICAS)
    """How many state points to draw."""
    particles: WholeInterval | None = None
    """Smallest and largest number of particles, both included."""
    temperature: Interval | None = None
    """Interval of k_B T, epsilon."""
    density: PositiveInterval | None = None
    """Interval of the mean number density, sigma^-3."""
    field: RandomPlanarField | None = None
    """Distribution of the external field."""
    potential: RandomSpline | None = None
    """Distribution of the pair potential."""


class Problem(SpecModel):
    """What is simulated."""

    engine: str
    """Engine that simulates it."""
    seed: int = Field(ge=0, lt=2**64)
    """Root of all randomness of the campaign."""
    replicas: int = Field(ge=1, le=LARGEST_NUMBER_OF_REPLICAS)
    """Independent realisations of each state point."""
    parameters: Density
    """Parameters shared by all state points that do not set them."""
    dynamics: Protocol
    """Integrator and preparation."""
    points: list[Density]
    """State points, one by one."""
    grid: SpecModel | None
    """State points on a grid."""
    random: RandomPoints | None = None
    """State points drawn at random."""


_DESCRIBED = {"use_attribute_docstrings": False}
"""For models whose fields are described already: pydantic need not look for their source."""


def _problem(engine: type[StagedEngine]) -> type[Problem]:
    """Table of a problem for one engine: with its parameters, and its dynamics."""
    title = engine.name.capitalize()
    point = create_model(
        f"{title}Point",
        __base__=Density,
        __cls_kwargs__=_DESCRIBED,
        __doc__="A state point of which any parameter may be left to [problem.parameters].",
        **_fields_of(engine.Parameters, lambda annotation: annotation | None),
    )
    grid = create_model(
        f"{title}Grid",
        __base__=SpecModel,
        __cls_kwargs__=_DESCRIBED,
        __doc__="Lists of values; every combination of them is a state point.",
        density=(
            list[PositiveNumber] | None,
            Field(default=None, description="Mean number densities in sigma^-3."),
        ),
        **_fields_of(
            engine.Parameters, lambda annotation: GenericAlias(list, (annotation,)) | None
        ),
    )
    types = {
        "engine": (operator.getitem(Literal, engine.name), ...),
        "parameters": (point, point()),
        "dynamics": (engine.Dynamics, engine.Dynamics.model_validate({})),
        "points": (GenericAlias(list, (point,)), []),
        "grid": (grid | None, None),
    }
    fields: dict[str, Any] = {
        name: (
            annotation,
            Field(default=default, description=Problem.model_fields[name].description),
        )
        for name, (annotation, default) in types.items()
    }
    return create_model(
        f"{title}Problem",
        __base__=Problem,
        __doc__=Problem.__doc__,
        __cls_kwargs__=_DESCRIBED,
        **fields,
    )


PROBLEMS = {name: _problem(engine) for name, engine in ENGINES.items()}

if TYPE_CHECKING:
    AnyProblem: TypeAlias = Problem
else:
    AnyProblem = Annotated[reduce(operator.or_, PROBLEMS.values()), Field(discriminator="engine")]


class Learning(SpecModel):
    """The active-learning loop; candidates and labels are drawn from [problem.random]."""

    committee: int = Field(default=4, ge=2, le=100)
    """Number of models whose disagreement is the indicator."""
    rounds: int = Field(default=2, ge=0, le=1000)
    """Rounds of explore, select, label and train after the first training; the budget."""
    candidates: int = Field(default=100, ge=1, le=1_000_000)
    """Candidates explored in each round."""
    labels: int = Field(default=4, ge=1, le=LARGEST_NUMBER_OF_REPLICAS)
    """Candidates simulated in each round, at most."""
    held_out: int = Field(default=5, ge=2, le=LARGEST_NUMBER_OF_REPLICAS)
    """State points simulated to judge the functional; nothing ever trains on them."""
    baseline: Literal["random"] | None = None
    """Train on as many fields drawn at random as well, for comparison."""
    functional: FunctionalSettings = FunctionalSettings()
    """The network."""
    training: TrainingSettings = TrainingSettings()
    """How its members are trained."""
    exploration: ExplorationSettings = ExplorationSettings()
    """How the committee finds the fields of a candidate."""
    trust: TrustSettings = TrustSettings()
    """Deviations between which a candidate is worth a simulation."""


class Precision(SpecModel):
    """How well a quantity is to be known; state points get replicas until it is."""

    quantity: Quantity
    """Scalar or profile whose standard error counts."""
    error: PositiveNumber
    """Standard error to reach, in the unit of the quantity; of a profile the root mean square over
    bins and components."""
    most_replicas: int = Field(ge=1, le=LARGEST_NUMBER_OF_REPLICAS)
    """Replicas of each state point, at most; problem.replicas is how many there are at first."""


class Resources(SpecModel):
    """What it may use; nothing here ever changes a result, but `domains` its last bits."""

    site: str = "local"
    """Name of a site, or the path of its TOML file."""
    executor: Literal["parsl", "dask"] | None = None
    """What distributes the tasks; default: as the site says."""
    workers: int | None = Field(default=None, ge=1, le=10_000)
    """Worker processes; default: as the site says."""
    threads_per_worker: int | None = Field(default=None, ge=1)
    """Replicas that a worker runs at the same time; default: as the site says."""
    replicas_per_task: int | None = Field(default=None, ge=1)
    """Replicas bundled into one task and file; default: minutes of work, few files."""
    mpi_ranks: int = Field(default=1, ge=1, le=10_000)
    """Processes of an MPI group, which runs a task together, a replica on each; 1: no groups."""
    domains: bool = False
    """Whether these processes compute one replica at a time instead, each a domain of its box."""
    segment_steps: int | None = Field(default=None, ge=1)
    """Steps between checkpoints; default: about ten seconds."""
    retries: int = Field(default=2, ge=0)
    """How often a replica that raised is tried again before it is quarantined."""

    @model_validator(mode="after")
    def _groups_have_work(self) -> Self:
        if self.domains or self.replicas_per_task is None:
            return self
        if self.replicas_per_task < self.mpi_ranks:
            raise ValueError(
                f"replicas_per_task = {self.replicas_per_task} leaves some of mpi_ranks = "
                f"{self.mpi_ranks} without a replica; give at least {self.mpi_ranks}, or none"
            )
        return self


class Campaign(SpecModel):
    """One campaign file."""

    name: str = Field(pattern=r"^[\w.-]+$")
    """Name of the campaign: letters, digits, dot, dash, underscore."""
    problem: AnyProblem
    """What is simulated."""
    sampling: ParticleSampling
    """What is measured, and for how long."""
    learning: Learning | None = None
    """The active-learning loop, if there is one."""
    precision: Precision | None = None
    """The error to reach, if replicas are to be added until it is."""
    resources: Resources = Resources()
    """What it may use."""
