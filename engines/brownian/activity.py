"""Self-propulsion: a velocity v_0 e of every particle, whose direction e has a life of its own.

Active Brownian particles have a unit vector that diffuses by rotation, with correlation time
1/((d - 1) D_r) in d dimensions, and in two dimensions may turn steadily. Active Ornstein-Uhlenbeck
particles have a Gaussian vector, of variance one for each component, with correlation time
1/gamma_a.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from ..arrays import Floats
from ..compiled import jit

NONE, TURNING, ROTATING, RELAXING = 0, 1, 2, 3
"""What directions do: nothing, turn in the plane, rotate in space, relax to Gaussians."""


class ActiveBrownian(BaseModel):
    """Active Brownian particles."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["active-brownian"]
    """Which activity this is."""

    speed: float = Field(gt=0, le=1e6)
    """Speed v_0 of a free particle, sigma/tau."""

    rotational_diffusion: float = Field(gt=0, le=1e6)
    """Rotational diffusion coefficient D_r, 1/tau."""

    chirality: FiniteFloat = 0.0
    """Angular velocity of the direction, radian/tau; in two dimensions only."""


class ActiveOrnsteinUhlenbeck(BaseModel):
    """Active Ornstein-Uhlenbeck particles."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    kind: Literal["active-ornstein-uhlenbeck"]
    """Which activity this is."""

    speed: float = Field(gt=0, le=1e6)
    """Root mean square v_0 of each component of the velocity of a free particle, sigma/tau."""

    relaxation_rate: float = Field(gt=0, le=1e6)
    """Rate gamma_a at which this velocity relaxes, 1/tau."""


Activity: TypeAlias = Annotated[
    ActiveBrownian | ActiveOrnsteinUhlenbeck, Field(discriminator="kind")
]


class Propulsion(NamedTuple):
    """What the kernel needs to know of an activity."""

    kind: int
    """One of NONE, TURNING, ROTATING, RELAXING."""
    force: float
    """gamma v_0, epsilon/sigma."""
    angle: float
    """Steady rotation in a step, radian."""
    noise: float
    """Rotation per standard normal, radian; of Gaussian directions their change."""
    decay: float
    """What is left of a Gaussian direction after a step."""


def make_propulsion(
    activity: ActiveBrownian | ActiveOrnsteinUhlenbeck | None,
    dimensions: int,
    friction: float,
    time_step: float,
) -> Propulsion:
    """Numbers of one step."""
    if activity is None:
        return Propulsion(NONE, 0.0, 0.0, 0.0, 0.0)
    force = friction * activity.speed
    if isinstance(activity, ActiveOrnsteinUhlenbeck):
        decay = math.exp(-activity.relaxation_rate * time_step)
        return Propulsion(RELAXING, force, 0.0, math.sqrt(1.0 - decay**2), decay)
    noise = math.sqrt(2.0 * activity.rotational_diffusion * time_step)
    kind = TURNING if dimensions == 2 else ROTATING
    return Propulsion(kind, force, activity.chirality * time_step, noise, 0.0)


def normals_of_step(propulsion: Propulsion, dimensions: int, particles: int) -> int:
    """How many standard normals a step takes for the directions."""
    components = {NONE: 0, TURNING: 1, ROTATING: 3, RELAXING: dimensions}
    return components[propulsion.kind] * particles


@jit()
def normalise(directions: Floats) -> None:
    """Give vectors, (3, N), the length one."""
    for i in range(directions.shape[1]):
        square = directions[0, i] ** 2 + directions[1, i] ** 2 + directions[2, i] ** 2
        inverse = 1.0 / math.sqrt(square)
        for axis in range(3):
            directions[axis, i] *= inverse


@jit()
def turn(propulsion: Propulsion, before: Floats, normals: Floats, after: Floats) -> None:
    """Write the directions after a step, (3, N), given those before and flat standard normals."""
    if propulsion.kind == TURNING:
        _turn_in_plane(propulsion, before, normals, after)
    elif propulsion.kind == ROTATING:
        _rotate(propulsion, before, normals, after)
    else:
        _relax(propulsion, before, normals, after)


@jit()
def _turn_in_plane(propulsion: Propulsion, before: Floats, normals: Floats, after: Floats) -> None:
    for i in range(before.shape[1]):
        angle = propulsion.angle + propulsion.noise * normals[i]
        c, s = math.cos(angle), math.sin(angle)
        x, y = before[0, i], before[1, i]
        after[0, i], after[1, i] = c * x - s * y, s * x + c * y
    normalise(after)


@jit()
def _rotate(propulsion: Propulsion, before: Floats, normals: Floats, after: Floats) -> None:
    """Rotate about a Gaussian vector; its part along the direction does nothing."""
    n, noise = before.shape[1], propulsion.noise
    for i in range(n):
        x, y, z = before[0, i], before[1, i], before[2, i]
        u, v, w = noise * normals[i], noise * normals[n + i], noise * normals[2 * n + i]
        # phi x e, which is perpendicular to e, and as long as the angle.
        cx, cy, cz = v * z - w * y, w * x - u * z, u * y - v * x
        angle = math.sqrt(cx * cx + cy * cy + cz * cz)
        c = math.cos(angle)
        s = math.sin(angle) / angle if angle > 0.0 else 1.0
        after[0, i], after[1, i], after[2, i] = c * x + s * cx, c * y + s * cy, c * z + s * cz
    normalise(after)


@jit()
def _relax(propulsion: Propulsion, before: Floats, normals: Floats, after: Floats) -> None:
    n = before.shape[1]
    for axis in range(normals.size // n):
        for i in range(n):
            kick = propulsion.noise * normals[axis * n + i]
            after[axis, i] = propulsion.decay * before[axis, i] + kick


@jit()
def active_work(
    propulsion: Propulsion, before: Floats, after: Floats, displacement: Floats
) -> float:
    """Work of self-propulsion in a step, with the direction in its middle (Stratonovich), epsilon.

    Over time and temperature it is the rate of entropy production, if all other forces derive from
    a potential and the direction does not change sign under time reversal.
    """
    total = 0.0
    for axis in range(3):
        for i in range(displacement.shape[1]):
            total += 0.5 * (before[axis, i] + after[axis, i]) * displacement[axis, i]
    return propulsion.force * total
