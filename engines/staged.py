"""An engine whose replicas are heated, equilibrated, driven and sampled, stage by stage."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from numpy.typing import NDArray

from .box import Box
from .engine import Engine, EngineError, ReplicaState
from .fields.local_force import no_local_force
from .fields.planar import no_force
from .outside import expect_answers
from .protocol import Protocol, Stage
from .samplers.frame import Frame
from .sampling import ParticleSampling
from .system import ParticleSystem


class StagedEngine(Engine):
    """Particles that start at random, and go through the stages of their protocol.

    A replica is kept hot for `dynamics.hot_time`, is equilibrated without external force for
    `dynamics.bulk_time`, then with it for `sampling.transient_time`, and is sampled for
    `sampling.time`.

    Creating your own
    -----------------
    Implement `empty_statistics`, `start`, which ends with `with_samplers`, and `run`, which
    advances a state through steps of one stage and one block.
    """

    Parameters: ClassVar[type[ParticleSystem]]
    Dynamics: ClassVar[type[Protocol]]
    Sampling: ClassVar[type[ParticleSampling]] = ParticleSampling

    parameters: ParticleSystem
    dynamics: Protocol
    sampling: ParticleSampling

    def __init__(
        self, parameters: ParticleSystem, dynamics: Protocol, sampling: ParticleSampling
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
        self._samplers = sampling.samplers(parameters, step, self.carried)
        self._potentials = parameters.potential.table(len(parameters.counts))
        field = parameters.field
        self._planar = field.planar_force() if field else no_force()
        self._local = field.local_force(self._box) if field else no_local_force()
        for sampler in self._samplers:
            self.statistics = {**self.statistics, **sampler.statistics}

    @classmethod
    def evaluations(cls, dynamics: Any) -> float:
        """How often a step evaluates all forces, about."""
        del dynamics
        return 1.0

    @property
    def carried(self) -> tuple[str, ...]:
        """Names of the vectors that particles have besides positions."""
        return ()

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
            self.prepare(state)
            self._sample(state)
            stage = self._stage(state.step)
            end = min(stage.until, self._end_of_block(state.step), self._next_sample(state), until)
            self._run(state, end, stage)

    def _run(self, state: ReplicaState, until: int, stage: Stage) -> None:
        """Advance to step `until`; what comes from outside may fail, which is why a run ended."""
        try:
            self.run(state, until, stage, self._block(state.step))
        finally:
            expect_answers(self._potentials)

    def prepare(self, state: ReplicaState) -> None:
        """Change a state before the next step is sampled and done, such as where a stage begins."""

    def _sample(self, state: ReplicaState) -> None:
        """Sample what is to be sampled before the next step."""
        since = state.step - self._sample_from
        due = [s for s in self._samplers if since >= 0 and s.next_step(since) == since]
        if not due:
            return
        frame = self._frame(state)
        for sampler in due:
            row = sampler.row(frame)
            sampled = sampler.statistics.keys() & state.statistics.keys()
            sampler.sample(frame, {name: state.statistics[name][row, ...] for name in sampled})

    def _next_sample(self, state: ReplicaState) -> int:
        """First step after the next one before which any sampler samples."""
        since = max(0, state.step + 1 - self._sample_from)
        later = [self._sample_from + sampler.next_step(since) for sampler in self._samplers]
        return min(later, default=self._last)

    def _frame(self, state: ReplicaState) -> Frame:
        p, since = self.parameters, state.step - self._sample_from
        block = self._block(state.step)
        return Frame(
            self._box, p.counts, p.potential.range, self._potentials, state.dynamics, since, block
        )

    def with_samplers(self, state: ReplicaState) -> ReplicaState:
        """Add empty statistics and memories of the samplers to a new state."""
        for sampler in self._samplers:
            state.statistics |= sampler.empty(sampler.length or self.blocks)
            state.dynamics |= sampler.memory()
        return state

    def rows(self, statistic: str) -> int:
        """Blocks, or as many as a sampler has."""
        lengths = [s.length for s in self._samplers if statistic in s.statistics and s.length]
        return lengths[0] if lengths else self.blocks

    @abstractmethod
    def empty_statistics(self, blocks: int) -> dict[str, NDArray[Any]]:
        """Allocate what is accumulated in every step, or every few of them."""

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
