"""What cannot be cut into domains."""

from __future__ import annotations

from typing import Any

from ..engine import EngineError
from ..neighbours import halo_of
from ..potentials.many_body import ManyBody
from ..protocol import Protocol
from ..system import ParticleSystem
from .partition import cut

ENGINES = ("brownian", "molecular")
"""Names of the engines that can."""


def problem_of(system: ParticleSystem, dynamics: Protocol, domains: int) -> str | None:
    """Say why a system cannot be cut into so many domains, and what to change; None if it can."""
    thermostat: Any = getattr(dynamics, "thermostat", None)
    if getattr(dynamics, "noise", None) != "particles":
        return (
            "the noise of particles in different domains cannot come from one stream: "
            'give dynamics.noise = "particles"'
        )
    if thermostat is not None and thermostat.kind == "nose-hoover":
        return (
            "a Nose-Hoover chain needs the kinetic energy of all domains in every step: give "
            'dynamics.thermostat = { kind = "langevin" }, or none'
        )
    if getattr(system, "activity", None) is not None:
        return "self-propelled particles cannot be cut into domains yet: drop activity or domains"
    if isinstance(system.potential, ManyBody):
        return "potential.code needs all particles in one process: drop domains"
    reach = system.potential.range
    try:
        cut(system.box, domains, halo_of(reach) if reach else 0.0)
    except EngineError as error:
        return str(error)
    return None
