"""Whether the time step of Brownian dynamics is small enough for what moves the particles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...engines.brownian.parameters import BrownianParameters
from ...engines.system import ParticleSystem
from .finding import Finding, worst
from .pair_shape import steepest_curvature

LARGEST_DIFFUSION = 0.05
LARGEST_DRIFT = 0.05
LARGEST_TURN = 0.1
LARGEST_RELAXATION = 0.1
RISKY_RELAXATION = 0.25
OVERSHOOTING = 0.5


def euler_findings(points: Sequence[BrownianParameters], time_step: float) -> Iterator[Finding]:
    """Compare one step of diffusion, of drift and of the steepest force with what they may be."""
    yield from _diffusion(points, time_step)
    yield from _drift(points, time_step)
    yield from turn_findings(points, time_step)
    yield from _relaxation(points, time_step)


def _diffusion(points: Sequence[BrownianParameters], step: float) -> Iterator[Finding]:
    found = worst(
        points, lambda p: math.sqrt(2 * p.temperature * step / p.friction), LARGEST_DIFFUSION
    )
    if found is not None:
        yield Finding(
            f"dynamics.time_step = {step:g}: particles diffuse {found.value:.3g} sigma in one "
            f"step; keep it below {LARGEST_DIFFUSION:g}{found.above}"
        )


def _drift(points: Sequence[BrownianParameters], step: float) -> Iterator[Finding]:
    found = worst(points, lambda p: _force(p) * step / p.friction, LARGEST_DRIFT)
    if found is not None:
        yield Finding(
            f"dynamics.time_step = {step:g}: a {_kind(found.point)} of {_force(found.point):.3g} "
            f"epsilon/sigma moves particles {found.value:.3g} sigma in one step; keep it below "
            f"{LARGEST_DRIFT:g}{found.above}"
        )


def turn_findings(points: Sequence[ParticleSystem], step: float) -> Iterator[Finding]:
    """Compare with the angular frequency of the external field."""
    found = worst(points, lambda p: frequency(p) * step, LARGEST_TURN)
    if found is not None:
        yield Finding(
            f"dynamics.time_step = {step:g}: an angular frequency of {frequency(found.point):.3g} "
            f"turns a wave by {found.value:.3g} radian in one step; keep it below "
            f"{LARGEST_TURN:g}{found.above}"
        )


def frequency(system: ParticleSystem) -> float:
    """Largest angular frequency of the external field, radian/tau."""
    return system.field.largest_frequency if system.field else 0.0


def _force(parameters: BrownianParameters) -> float:
    """Largest external force and self-propulsion, epsilon/sigma."""
    external = parameters.field.largest_force(parameters.box) if parameters.field else 0.0
    return external + (
        parameters.friction * parameters.activity.speed if parameters.activity else 0
    )


def _kind(parameters: BrownianParameters) -> str:
    names = {"external force": parameters.field, "self-propulsion": parameters.activity}
    return " and ".join(name for name, acts in names.items() if acts)


def _relaxation(points: Sequence[BrownianParameters], step: float) -> Iterator[Finding]:
    """Compare with the time gamma/phi'' in which two particles at contact relax.

    Euler-Maruyama widens the distribution in a harmonic well of stiffness kappa by the factor
    1/(1 - kappa dt/(2 gamma)), and diverges from kappa dt/gamma = 2 on. Of Lennard-Jones
    particles at T = 1.5 and .84 sigma^-3 with phi'' dt/gamma = .09 the mean squared force is too
    high by 7-9 per cent and the pressure by 1.6 per cent. With .27 a replica of 20 tau blew up
    there after a fifth of that time; with .54 at the second step, and at .3 sigma^-3 after one tau.
    """
    found = worst(
        points,
        lambda p: steepest_curvature(p.potential, p.temperature) * step / p.friction,
        LARGEST_RELAXATION,
    )
    if found is None:
        return
    where = (
        f"dynamics.time_step = {step:g}: at temperature {found.point.temperature:.4g} that is "
        f"{found.value:.2g} of the time in which two particles at contact relax"
    )
    smaller = f"keep it below {LARGEST_RELAXATION / found.value * step:.2g}{found.above}"
    if found.value > OVERSHOOTING:
        yield Finding(f"{where}: they overshoot, and replicas blow up; {smaller}", is_error=True)
    else:
        bias = f"mean squared forces come out about {100 * found.value:.0f} % high"
        risk = ", and dense replicas may blow up" if found.value > RISKY_RELAXATION else ""
        yield Finding(f"{where}: {bias}{risk}; {smaller}")
