"""Overdamped Brownian dynamics by Euler-Maruyama, sampling one-body fields on the fly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Words
from ..compiled import compiled_for
from ..engine import BlowUpError, ReplicaState, Statistic
from ..fields.local_force import LocalForce, no_local_force
from ..fields.planar import PlanarForce, no_coefficients, no_force
from ..neighbours import grown, make_neighbourhood
from ..normals import draw_normals
from ..protocol import Stage
from ..randomness import random_state
from ..relaxation import relaxed_positions
from ..samplers.activity import ACTIVITY_STATISTICS, ActivitySums, empty_activity
from ..samplers.force_balance import (
    BALANCE_STATISTICS,
    BalanceSums,
    empty_balance,
    make_scratch,
)
from ..samplers.one_body import (
    PROFILE_STATISTICS,
    ProfileSums,
    empty_profiles,
)
from ..samplers.sums import sums_of_block
from ..samplers.thermodynamics import (
    THERMODYNAMIC_STATISTICS,
    ThermodynamicSums,
    empty_thermodynamics,
)
from ..sampling import ParticleSampling
from ..staged import StagedEngine
from ..verlet import Neighbourhood
from .activity import NONE, RELAXING, make_propulsion, normals_of_step
from .kernels import BLOWN_UP, DONE, OVERFLOW, advance
from .parameters import BrownianDynamics, BrownianParameters
from .workspace import Constants, Scratch, Sums, Trajectory


class BrownianEngine(StagedEngine):
    """Brownian dynamics of one state point."""

    name: ClassVar[str] = "brownian"
    physics_version: ClassVar[int] = 5
    statistics_version: ClassVar[int] = 5
    Parameters = BrownianParameters
    Dynamics = BrownianDynamics
    statistics: Mapping[str, Statistic] = MappingProxyType(
        {
            **PROFILE_STATISTICS,
            **THERMODYNAMIC_STATISTICS,
            **BALANCE_STATISTICS,
            **ACTIVITY_STATISTICS,
        }
    )

    parameters: BrownianParameters
    dynamics: BrownianDynamics

    def __init__(
        self,
        parameters: BrownianParameters,
        dynamics: BrownianDynamics,
        sampling: ParticleSampling,
    ) -> None:
        super().__init__(parameters, dynamics, sampling)
        self._friction = parameters.friction
        self._propulsion = make_propulsion(
            parameters.activity, self._box.dimensions, parameters.friction, dynamics.time_step
        )

    def start(self, seed: np.random.SeedSequence) -> ReplicaState:
        """Relax random positions; everything random follows from `seed`."""
        random = random_state(seed)
        positions, labels, reference = relaxed_positions(self.parameters, self.dynamics, random)
        dynamics = Trajectory(
            positions=positions,
            images=np.zeros_like(positions),
            labels=labels,
            reference=reference,
            directions=self._directions(random),
            random=random,
        )._asdict()
        return self.with_samplers(ReplicaState(0, dynamics, self.empty_statistics(self.blocks)))

    def empty_statistics(self, blocks: int) -> dict[str, NDArray[Any]]:
        """Allocate what is accumulated in every step, or every few of them."""
        species = len(self.parameters.counts)
        active_bins = 0 if self._propulsion.kind == NONE else self._bins
        return {
            **empty_profiles(blocks, species, self._bins)._asdict(),
            **empty_thermodynamics(blocks)._asdict(),
            **empty_balance(blocks, self.sampling.modes)._asdict(),
            **empty_activity(blocks, species, active_bins)._asdict(),
        }

    @property
    def carried(self) -> tuple[str, ...]:
        """Directions of self-propulsion."""
        return ("directions",) if self.parameters.activity else ()

    def _directions(self, random: Words) -> Floats:
        """Draw the directions of self-propulsion."""
        if self._propulsion.kind == NONE:
            return np.zeros((0, self.parameters.particles))
        directions = np.zeros((3, self.parameters.particles))
        draw_normals(random, directions.ravel()[: self._box.dimensions * directions.shape[1]])
        if self._propulsion.kind != RELAXING:
            directions /= np.linalg.norm(directions, axis=0)
        return directions

    def run(self, state: ReplicaState, until: int, stage: Stage, block: int) -> None:
        """Run the kernel through one stretch, giving lists that overflow more room."""
        local = self._local if stage.has_field else no_local_force()
        kernel = compiled_for(advance, self._potentials)
        force = self._planar if stage.has_field else no_force()
        constants = self._make_constants(stage.temperature, local)
        hood = self._make_neighbourhood()
        trajectory = Trajectory(*(state.dynamics[name] for name in Trajectory._fields))
        sums = self._sums_of(state.statistics, block)
        scratch = self._make_scratch(force, self.parameters.particles)
        status = DONE
        while state.step < until:
            status, state.step, particle = kernel(
                self._potentials,
                force,
                constants,
                hood,
                trajectory,
                scratch,
                sums,
                state.step,
                until,
                self._sample_from,
                status == OVERFLOW,
            )
            if status == OVERFLOW:
                hood = grown(hood)
            if status == BLOWN_UP:
                moved = float(np.linalg.norm(scratch.displacement[:, particle]))
                raise BlowUpError(state.step, int(trajectory.labels[particle]), moved)

    def _sums_of(self, statistics: Mapping[str, NDArray[Any]], block: int) -> Sums:
        return Sums(
            sums_of_block(ProfileSums, statistics, block),
            sums_of_block(ThermodynamicSums, statistics, block),
            sums_of_block(BalanceSums, statistics, block),
            sums_of_block(ActivitySums, statistics, block),
        )

    def _make_neighbourhood(self) -> Neighbourhood:
        p = self.parameters
        return make_neighbourhood(p.counts, self._box, p.potential.range)

    def _make_constants(self, temperature: float, local: LocalForce) -> Constants:
        dt, reach = self.dynamics.time_step, self.parameters.potential.range
        return Constants(
            edges=self._box.edges,
            last_axis=self._box.last_axis,
            time_step=dt,
            field_from=self._field_from,
            local=local,
            drift=dt / self._friction,
            noise=math.sqrt(2.0 * temperature * dt / self._friction),
            noise_particles=self.parameters.particles if self.dynamics.noise == "particles" else 0,
            propulsion=self._propulsion,
            limit=0.5 * (reach if reach > 0 else self._box.shortest),
            inverse_width=self._bins / self._box.profile_length,
            interval=self.sampling.interval,
            energy_interval=self.sampling.energy_interval,
        )

    def _make_scratch(self, force: PlanarForce, n: int) -> Scratch:
        """Make space for n particles."""
        p, dt = self.parameters, self.dynamics.time_step
        displacement, dimensions = np.zeros((3, n)), self._box.dimensions
        turning = normals_of_step(self._propulsion, dimensions, n)
        return Scratch(
            internal=np.zeros((3, n)),
            force=no_coefficients(force.still.cosine.shape[1]),
            local=np.zeros((3, n)),
            external=np.zeros((3, n)),
            total=np.zeros((3, n)),
            directions=np.zeros((0 if self._propulsion.kind == NONE else 3, n)),
            turning=np.zeros(turning),
            noise=displacement.ravel()[: dimensions * n],
            displacement=displacement,
            before=np.zeros((2, n)),
            after=np.zeros((2, n)),
            random=np.zeros(4, dtype=np.uint64),
            virial=np.zeros(6),
            balance=make_scratch(n, self._box, p.temperature, self._friction, dt),
        )
