"""Overdamped Brownian dynamics by Euler-Maruyama, sampling one-body fields on the fly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ..compiled import compiled_for
from ..engine import BlowUpError, Engine, EngineError, ReplicaState, Statistic
from ..fields.planar import PlanarForce, no_coefficients, no_force
from ..neighbours import grown, make_neighbourhood
from ..randomness import random_state
from ..samplers.force_balance import make_scratch
from ..samplers.one_body import STATISTICS, OneBodySampling, empty_sums, sums_of_block
from ..verlet import Neighbourhood
from .kernels import BLOWN_UP, OVERFLOW, advance
from .parameters import BrownianDynamics, BrownianParameters
from .relaxation import relaxed_positions
from .workspace import Constants, Scratch, Trajectory


class BrownianEngine(Engine):
    """Brownian dynamics of one state point.

    A replica starts from relaxed random positions, is equilibrated without external force for
    `dynamics.bulk_time`, then with it for `sampling.transient_time`, and is sampled for
    `sampling.time`.
    """

    name: ClassVar[str] = "brownian"
    physics_version: ClassVar[int] = 1
    statistics_version: ClassVar[int] = 2
    Parameters = BrownianParameters
    Dynamics = BrownianDynamics
    Sampling = OneBodySampling
    statistics: ClassVar[Mapping[str, Statistic]] = STATISTICS

    def __init__(
        self,
        parameters: BrownianParameters,
        dynamics: BrownianDynamics,
        sampling: OneBodySampling,
    ) -> None:
        self.parameters: BrownianParameters = parameters
        self.dynamics: BrownianDynamics = dynamics
        self.sampling: OneBodySampling = sampling
        self._bins = sampling.bins(parameters.box_length)
        self._potential = parameters.potential.coefficients()
        self._force = parameters.field.coefficients() if parameters.field else no_force()
        self._field_from = round(dynamics.bulk_time / dynamics.time_step)
        self._constants = self._make_constants()
        self._sample_from = self._field_from + round(sampling.transient_time / dynamics.time_step)
        self._last = self._sample_from + sampling.steps(dynamics.time_step)
        self._block_steps = sampling.block_steps(dynamics.time_step)

    @property
    def total_steps(self) -> int:
        """Steps from the start of a replica to the end of its sampling."""
        return self._last

    @property
    def blocks(self) -> int:
        """Blocks of statistics that a whole replica fills, an incomplete last one included."""
        return self._block(self._last - 1) + 1

    def start(self, seed: np.random.SeedSequence) -> ReplicaState:
        """Relax random positions; everything random follows from `seed`."""
        random = random_state(seed)
        positions = relaxed_positions(self.parameters, random)
        dynamics = Trajectory(positions, np.stack([positions, positions]), random)._asdict()
        sums = empty_sums(self.blocks, self._bins, self.sampling.modes)
        return ReplicaState(0, dynamics, sums)

    def advance(self, state: ReplicaState, until: int) -> None:
        """Advance `state` in place to step `until`.

        Raises
        ------
        BlowUpError
            A particle moved too far; `state` is left before that step.
        """
        if not state.step <= until <= self._last:
            message = f"until = {until}, allowed are {state.step}, ..., {self._last}"
            raise EngineError(message)
        self.make_room(state)
        while state.step < until:
            force = self._force if state.step >= self._field_from else no_force()
            self._run(state, min(self._end_of_stretch(state.step), until), force)

    def _block(self, step: int) -> int:
        """Block to which a step belongs; the first one for steps before the sampling."""
        return max(0, step - self._sample_from) // self._block_steps

    def _end_of_stretch(self, step: int) -> int:
        """First step after `step` that has another field or belongs to another block."""
        if step < self._field_from:
            return self._field_from
        return self._sample_from + (self._block(step) + 1) * self._block_steps

    def _run(self, state: ReplicaState, until: int, force: PlanarForce) -> None:
        """Run the kernel through one stretch, giving lists that overflow more room."""
        kernel = compiled_for(advance, type(self._potential))
        hood = self._make_neighbourhood()
        trajectory = Trajectory(**state.dynamics)
        sums = sums_of_block(state.statistics, self._block(state.step))
        scratch = self._make_scratch(force)
        while state.step < until:
            status, state.step, particle = kernel(
                self._potential,
                force,
                self._constants,
                hood,
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
                moved = float(np.linalg.norm(scratch.displacement[:, particle]))
                raise BlowUpError(state.step, particle, moved)

    def _make_neighbourhood(self) -> Neighbourhood:
        p = self.parameters
        return make_neighbourhood(p.particles, p.box_length, p.potential.range)

    def _make_constants(self) -> Constants:
        p, dt = self.parameters, self.dynamics.time_step
        reach = p.potential.range
        return Constants(
            length=p.box_length,
            time_step=dt,
            field_from=self._field_from,
            drift=dt / p.friction,
            noise=math.sqrt(2.0 * p.temperature * dt / p.friction),
            limit=0.5 * (reach if reach > 0 else p.box_length),
            inverse_width=self._bins / p.box_length,
            energy_interval=self.sampling.energy_interval,
        )

    def _make_scratch(self, force: PlanarForce) -> Scratch:
        p, dt = self.parameters, self.dynamics.time_step
        n = p.particles
        noise = np.zeros(3 * n)
        return Scratch(
            internal=np.zeros((3, n)),
            force=no_coefficients(force.still.cosine.shape[1]),
            external=np.zeros((3, n)),
            noise=noise,
            displacement=noise.reshape(3, n),
            before=np.zeros((2, n)),
            after=np.zeros((2, n)),
            random=np.zeros(4, dtype=np.uint64),
            balance=make_scratch(n, p.box_length, p.temperature, p.friction, dt),
        )
