"""An engine whose replicas are heated, equilibrated, driven and sampled, stage by stage."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from .box import Box
from .engine import Engine, EngineError, ReplicaState
from .protocol import Protocol, Stage
from .samplers.one_body import OneBodySampling
from .system import ParticleSystem


class StagedEngine(Engine):
    """Particles that start at random, and go through the stages of their protocol.

    A replica is kept hot for `dynamics.hot_time`, is equilibrated without external force for
    `dynamics.bulk_time`, then with it for `sampling.transient_time`, and is sampled for
    `sampling.time`.

    Creating your own
    -----------------
    Implement `start`, and `run`, which advances a state through steps of one stage and one block.
    """

    Parameters: ClassVar[type[ParticleSystem]]
    Dynamics: ClassVar[type[Protocol]]
    Sampling: ClassVar[type[OneBodySampling]] = OneBodySampling

    parameters: ParticleSystem
    dynamics: Protocol
    sampling: OneBodySampling

    def __init__(
        self, parameters: ParticleSystem, dynamics: Protocol, sampling: OneBodySampling
    ) -> None:
        self.parameters, self.dynamics, self.sampling = parameters, dynamics, sampling
        step = dynamics.time_step
        self._box: Box = parameters.box
        self._bins = sampling.bins(self._box.profile_length)
        self._hot_until = round(dynamics.hot_time / step)
        self._field_from = self._hot_until + round(dynamics.bulk_time / step)
        self._sample_from = self._field_from + round(sampling.transient_time / step)
        self._last = self._sample_from + sampling.steps(step)
        self._block_steps = sampling.block_steps(step)

    @property
    def total_steps(self) -> int:
        """Steps from the start of a replica to the end of its sampling."""
        return self._last

    @property
    def blocks(self) -> int:
        """Blocks of statistics that a whole replica fills, an incomplete last one included."""
        return self._block(self._last - 1) + 1

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
            stage = self._stage(state.step)
            end = min(stage.until, self._end_of_block(state.step), until)
            self.run(state, end, stage, self._block(state.step))

    @abstractmethod
    def run(self, state: ReplicaState, until: int, stage: Stage, block: int) -> None:
        """Advance `state` in place to step `until`, which is in the same stage and block."""

    def _stage(self, step: int) -> Stage:
        temperature, hot = self.parameters.temperature, self.dynamics.hot_temperature
        if step < self._hot_until and hot is not None:
            return Stage(self._hot_until, hot, has_field=False)
        if step < self._field_from:
            return Stage(self._field_from, temperature, has_field=False)
        return Stage(self._last, temperature, has_field=True)

    def _block(self, step: int) -> int:
        """Block to which a step belongs; the first one for steps before the sampling."""
        return max(0, step - self._sample_from) // self._block_steps

    def _end_of_block(self, step: int) -> int:
        """First step after `step` that belongs to another block."""
        return self._sample_from + (self._block(step) + 1) * self._block_steps
