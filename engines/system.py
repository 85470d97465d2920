"""Particles in a periodic box: what state points of several engines have in common."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .box import Box, make_box
from .fields.field import ExternalField
from .fields.walls import Walls
from .potentials.potential import Potential

Particles: TypeAlias = Annotated[int, Field(ge=1, le=10**8)]
BoxLength: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]
BoxShape: TypeAlias = Annotated[
    tuple[Annotated[float, Field(ge=0.01, le=100)], ...], Field(min_length=2, max_length=3)
]
Composition: TypeAlias = Annotated[
    tuple[Annotated[float, Field(gt=0, le=1e6)], ...], Field(min_length=1, max_length=16)
]
Temperature: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]


class ParticleSystem(BaseModel):
    """Particles in a periodic rectangular box, of two or three dimensions."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    particles: Particles
    """Number of particles N."""

    box_length: BoxLength
    """Edge of a cubic or square box, sigma; of others the unit of `box_shape`."""

    box_shape: BoxShape = (1.0, 1.0, 1.0)
    """Edges in units of `box_length`: three numbers, or two for a system in two dimensions."""

    composition: Composition = (1.0,)
    """Share of each species of the particles, in any unit; the numbers of particles are rounded."""

    temperature: Temperature
    """k_B T, epsilon."""

    potential: Potential
    """Interaction of pairs of particles."""

    field: ExternalField | None = None
    """External force, switched on after the bulk time; None for a bulk system."""

    @property
    def box(self) -> Box:
        """Edges and dimension of the box."""
        return make_box(self.box_length, self.box_shape)

    @property
    def density(self) -> float:
        """Number density, sigma^-3; sigma^-2 in two dimensions."""
        return self.particles / self.box.volume

    @property
    def counts(self) -> tuple[int, ...]:
        """Particles of each species, by the method of largest remainders."""
        shares = [self.particles * part / sum(self.composition) for part in self.composition]
        counts = [int(share) for share in shares]
        wanting = sorted(range(len(shares)), key=lambda s: counts[s] - shares[s])
        for species in wanting[: self.particles - sum(counts)]:
            counts[species] += 1
        return tuple(counts)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        shortest = self.box.shortest
        if self.potential.range > 0.5 * shortest:
            edge = "box_length" if set(self.box_shape) == {1.0} else "shortest edge of the box"
            message = (
                f"potential: {self.potential.kind} reaches {self.potential.range} sigma, further "
                f"than half the box, {edge} / 2 = {0.5 * shortest}: use a larger box, "
                "or a shorter cutoff"
            )
            raise ValueError(message)
        if self.density > self.potential.largest_density:
            message = (
                f"particles = {self.particles} in box_length = {self.box_length} is a density of "
                f"{self.density:.4g}; {self.potential.kind} allows {self.potential.largest_density}"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _has_every_species(self) -> Self:
        told_apart, given = self.potential.species, len(self.composition)
        if told_apart not in (1, given):
            message = (
                f"composition has {given} shares and {self.potential.kind} {told_apart} species: "
                f"give the share of each, such as composition = {[1.0] * told_apart}"
            )
            raise ValueError(message)
        if not all(self.counts):
            message = (
                f"composition = {list(self.composition)} of {self.particles} particles leaves "
                f"species {self.counts.index(0)} without any: use more particles"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _walls_keep_particles_apart(self) -> Self:
        walls = self.field if isinstance(self.field, Walls) else None
        if walls and (problem := walls.problem(self.box, self.potential.range)):
            raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _field_lies_in_the_plane(self) -> Self:
        if self.field is not None and self.box.dimensions == 2 and self.field.acts_along_z:
            raise ValueError(
                "field.z: there is no z in two dimensions; fields vary along y there, with "
                "components x and y"
            )
        return self
