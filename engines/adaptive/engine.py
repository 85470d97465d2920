"""Overdamped Brownian dynamics with steps as long as the forces allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled_for
from ..engine import EngineError, ReplicaState, Statistic
from ..fields.local_force import no_local_force
from ..fields.planar import PlanarForce, no_coefficients, no_force
from ..neighbours import grown, make_neighbourhood, skin
from ..protocol import Stage
from ..randomness import random_state
from ..relaxation import relaxed_positions
from ..samplers.one_body import PROFILE_STATISTICS, ProfileSums, empty_profiles
from ..samplers.sums import sums_of_block
from ..samplers.thermodynamics import (
    THERMODYNAMIC_STATISTICS,
    ThermodynamicSums,
    empty_thermodynamics,
)
from ..sampling import ParticleSampling
from ..staged import StagedEngine
from .kernels import BLOWN_UP, OVERFLOW, advance
from .noise import PIECES, make_noise
from .parameters import AdaptiveDynamics, AdaptiveParameters
from .workspace import Constants, Forces, Scratch, Sums, Trajectory, TrySums

FIRST_TRY = 1e-5
"""Length of the first try, tau/gamma."""
TYPICAL_STEP = 8e-4
"""Steps of a dense Lennard-Jones fluid over the root of their tolerance, tau."""
EVALUATIONS_PER_STEP = 2.6
"""Of forces, with those of tries that are rejected."""

TRY_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "accepted": Statistic(("block",), "1", "steps of the integrator"),
        "rejected": Statistic(("block",), "1", "tries that were no steps"),
    }
)


class NoStepError(EngineError):
    """No step is short enough for the forces."""


class AdaptiveEngine(StagedEngine):
    """Adaptive Brownian dynamics of one state point."""

    name: ClassVar[str] = "adaptive-brownian"
    physics_version: ClassVar[int] = 4
    statistics_version: ClassVar[int] = 2
    Parameters = AdaptiveParameters
    Dynamics = AdaptiveDynamics
    statistics: Mapping[str, Statistic] = MappingProxyType(
        {**PROFILE_STATISTICS, **THERMODYNAMIC_STATISTICS, **TRY_STATISTICS}
    )

    dynamics: AdaptiveDynamics

    def __init__(
        self,
        parameters: AdaptiveParameters,
        dynamics: AdaptiveDynamics,
        sampling: ParticleSampling,
    ) -> None:
        super().__init__(parameters, dynamics, sampling)
        self._friction = parameters.friction

    @classmethod
    def evaluations(cls, dynamics: Any) -> float:
        """Two for each try, of a dense Lennard-Jones fluid."""
        step = TYPICAL_STEP * math.sqrt(dynamics.absolute_tolerance)
        return float(EVALUATIONS_PER_STEP * dynamics.time_step / step)

    def start(self, seed: np.random.SeedSequence) -> ReplicaState:
        """Relax random positions; everything random follows from `seed`."""
        random = random_state(seed)
        positions, labels, reference = relaxed_positions(self.parameters, self.dynamics, random)
        noise = make_noise(self.parameters.particles)
        dynamics = Trajectory(
            positions=positions,
            images=np.zeros_like(positions),
            labels=labels,
            reference=reference,
            random=random,
            pieces=noise.number,
            durations=noise.duration,
            increments=noise.increments,
            clock=np.array([0.0, FIRST_TRY * self._friction]),
        )
        sums = self.empty_statistics(self.blocks)
        return self.with_samplers(ReplicaState(0, dynamics._asdict(), sums))

    def empty_statistics(self, blocks: int) -> dict[str, NDArray[Any]]:
        """Allocate what is accumulated in every step, or every few of them."""
        return {
            **empty_profiles(blocks, len(self.parameters.counts), self._bins)._asdict(),
            **empty_thermodynamics(blocks)._asdict(),
            "accepted": np.zeros(blocks, dtype=np.int64),
            "rejected": np.zeros(blocks, dtype=np.int64),
        }

    def run(self, state: ReplicaState, until: int, stage: Stage, block: int) -> None:
        """Run the kernel through one stretch, giving lists that overflow more room."""
        kernel = compiled_for(advance, self._potentials)
        trajectory = Trajectory(*(state.dynamics[name] for name in Trajectory._fields))
        constants, scratch = self._make_constants(stage), self._make_scratch(stage)
        hood = make_neighbourhood(
            self.parameters.counts, self._box, self.parameters.potential.range
        )
        sums = Sums(
            sums_of_block(ProfileSums, state.statistics, block),
            sums_of_block(ThermodynamicSums, state.statistics, block),
            sums_of_block(TrySums, state.statistics, block),
        )
        while state.step < until:
            status, state.step = kernel(
                self._potentials,
                constants,
                hood,
                trajectory.noise,
                trajectory,
                scratch,
                sums,
                state.step,
                until,
                self._sample_from,
            )
            if status == OVERFLOW:
                hood = grown(hood)
            if status == BLOWN_UP:
                raise NoStepError(
                    f"after {state.step} steps of dynamics.time_step no step is short enough, or "
                    f"{PIECES} were refused one after the other: forces are not finite, or jump "
                    "where particles are"
                )

    def _force(self, stage: Stage) -> PlanarForce:
        return self._planar if stage.has_field else no_force()

    def _make_constants(self, stage: Stage) -> Constants:
        reach = self.parameters.potential.range
        return Constants(
            edges=self._box.edges,
            last_axis=self._box.last_axis,
            time_step=self.dynamics.time_step,
            field_from=self._field_from,
            planar=self._force(stage),
            local=self._local if stage.has_field else no_local_force(),
            mobility=1.0 / self._friction,
            spread=math.sqrt(2.0 * stage.temperature / self._friction),
            absolute=self.dynamics.absolute_tolerance,
            relative=self.dynamics.relative_tolerance,
            largest_move=0.5 * skin() if reach > 0 else math.inf,
            inverse_width=self._bins / self._box.profile_length,
            interval=self.sampling.interval,
            energy_interval=self.sampling.energy_interval,
        )

    def _make_scratch(self, stage: Stage) -> Scratch:
        n, harmonics = self.parameters.particles, self._force(stage).still.cosine.shape[1]
        drawn = np.zeros((3, n))
        return Scratch(
            now=_make_forces(n, harmonics),
            then=_make_forces(n, harmonics),
            predicted=np.zeros((3, n)),
            displacement=np.zeros((3, n)),
            nothing=np.zeros((3, n)),
            wiener=np.zeros((3, n)),
            normals=drawn.ravel()[: self._box.dimensions * n],
            drawn=drawn,
            virial=np.zeros(6),
        )


def _make_forces(particles: int, harmonics: int) -> Forces:
    return Forces(
        internal=np.zeros((3, particles)),
        external=np.zeros((3, particles)),
        total=np.zeros((3, particles)),
        local=np.zeros((3, particles)),
        phases=np.zeros((2, particles)),
        harmonics=np.zeros((2, particles)),
        planar=no_coefficients(harmonics),
    )
