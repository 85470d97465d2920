"""Molecular dynamics, sampling one-body fields, energies and stress on the fly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..compiled import compiled_for
from ..engine import BlowUpError, ReplicaState, Statistic
from ..fields.local_force import LocalForce, no_local_force
from ..fields.planar import PlanarForce, no_coefficients, no_force
from ..neighbours import grown, make_neighbourhood
from ..normals import draw_normals
from ..protocol import Stage
from ..randomness import random_state
from ..relaxation import relaxed_positions
from ..samplers.kinetic import KINETIC_STATISTICS, KineticSums, empty_kinetic
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
from .nose_hoover import Bath
from .parameters import Langevin, MolecularDynamics, MolecularParameters, NoseHoover
from .workspace import Constants, Scratch, Sums, Trajectory

EQUILIBRATION = Langevin(kind="langevin", friction=1.0)
"""Thermostat before the external field is switched on, if there is no other Langevin thermostat."""


class MolecularEngine(StagedEngine):
    """Molecular dynamics of one state point."""

    name: ClassVar[str] = "molecular"
    physics_version: ClassVar[int] = 4
    statistics_version: ClassVar[int] = 3
    Parameters = MolecularParameters
    Dynamics = MolecularDynamics
    statistics: Mapping[str, Statistic] = MappingProxyType(
        {**PROFILE_STATISTICS, **THERMODYNAMIC_STATISTICS, **KINETIC_STATISTICS}
    )

    def __init__(
        self,
        parameters: MolecularParameters,
        dynamics: MolecularDynamics,
        sampling: ParticleSampling,
    ) -> None:
        super().__init__(parameters, dynamics, sampling)
        self.dynamics: MolecularDynamics = dynamics
        self._thermostat = dynamics.thermostat

    @property
    def freedom(self) -> int:
        """Degrees of freedom that share the kinetic energy while samples are taken.

        Without friction and external force the momentum stays zero.
        """
        p = self.parameters
        at_rest = not isinstance(self._thermostat, Langevin) and p.field is None
        return self._box.dimensions * (p.particles - at_rest)

    def start(self, seed: np.random.SeedSequence) -> ReplicaState:
        """Relax random positions, draw velocities; everything random follows from `seed`."""
        random = random_state(seed)
        positions, labels, reference = relaxed_positions(self.parameters, self.dynamics, random)
        velocities = np.zeros_like(positions)
        draw_normals(random, velocities.ravel()[: self._box.dimensions * positions.shape[1]])
        velocities *= math.sqrt(self._stage(0).temperature)
        thermostat = self._thermostat
        chain = thermostat.chain if isinstance(thermostat, NoseHoover) else 0
        dynamics = Trajectory(
            positions=positions,
            images=np.zeros_like(positions),
            velocities=velocities,
            labels=labels,
            reference=reference,
            random=random,
            chain=np.zeros((2, chain)),
        )
        sums = self.empty_statistics(self.blocks)
        return self.with_samplers(ReplicaState(0, dynamics._asdict(), sums))

    def empty_statistics(self, blocks: int) -> dict[str, NDArray[Any]]:
        """Allocate what is accumulated in every step, or every few of them."""
        return {
            **empty_profiles(blocks, len(self.parameters.counts), self._bins)._asdict(),
            **empty_thermodynamics(blocks)._asdict(),
            **empty_kinetic(blocks)._asdict(),
        }

    @property
    def carried(self) -> tuple[str, ...]:
        """Velocities."""
        return ("velocities",)

    def prepare(self, state: ReplicaState) -> None:
        """Bring the system to rest where nothing else will keep it there."""
        if state.step == self._field_from and not isinstance(self._thermostat, Langevin):
            bring_to_rest(state.dynamics["velocities"])

    def run(self, state: ReplicaState, until: int, stage: Stage, block: int) -> None:
        """Run the kernel through one stretch, giving lists that overflow more room."""
        local = self._local if stage.has_field else no_local_force()
        kernel = compiled_for(advance, self._potentials)
        trajectory = Trajectory(*(state.dynamics[name] for name in Trajectory._fields))
        force = self._planar if stage.has_field else no_force()
        constants = self._make_constants(stage, local)
        hood = make_neighbourhood(
            self.parameters.counts, self._box, self.parameters.potential.range
        )
        scratch = self._make_scratch(force, self.parameters.particles, trajectory.chain)
        sums = self._sums_of(state.statistics, block)
        pending = False
        while state.step < until or pending:
            status, state.step, detail = kernel(
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
                pending,
            )
            pending = status == OVERFLOW and bool(detail)
            if status == OVERFLOW:
                hood = grown(hood)
            if status == BLOWN_UP:
                moved = float(np.linalg.norm(scratch.displacement[:, detail]))
                raise BlowUpError(state.step, int(trajectory.labels[detail]), moved)

    def _sums_of(self, statistics: Mapping[str, NDArray[Any]], block: int) -> Sums:
        return Sums(
            sums_of_block(ProfileSums, statistics, block),
            sums_of_block(ThermodynamicSums, statistics, block),
            sums_of_block(KineticSums, statistics, block),
        )

    def _make_constants(self, stage: Stage, local: LocalForce) -> Constants:
        dt, reach = self.dynamics.time_step, self.parameters.potential.range
        thermostat = self._thermostat
        if not stage.has_field and not isinstance(thermostat, Langevin):
            thermostat = EQUILIBRATION
        friction = thermostat.friction if isinstance(thermostat, Langevin) else 0.0
        decay = math.exp(-friction * dt)
        return Constants(
            edges=self._box.edges,
            last_axis=self._box.last_axis,
            time_step=dt,
            field_from=self._field_from,
            local=local,
            decay=decay,
            noise=math.sqrt(stage.temperature * (1.0 - decay**2)),
            noise_particles=self.parameters.particles if self.dynamics.noise == "particles" else 0,
            bath=Bath(self._chain_masses(thermostat), self.freedom, stage.temperature),
            limit=0.5 * (reach if reach > 0 else self._box.shortest),
            inverse_width=self._bins / self._box.profile_length,
            interval=self.sampling.interval,
            energy_interval=self.sampling.energy_interval,
        )

    def _chain_masses(self, thermostat: Langevin | NoseHoover | None) -> Floats:
        """Masses with which every thermostat oscillates in its relaxation time."""
        if not isinstance(thermostat, NoseHoover):
            return np.zeros(0)
        masses = np.full(
            thermostat.chain, self.parameters.temperature * thermostat.relaxation_time**2
        )
        masses[0] *= self.freedom
        return masses

    def _make_scratch(self, force: PlanarForce, n: int, chain: Floats) -> Scratch:
        """Make space for n particles."""
        spread = np.zeros((3, n))
        return Scratch(
            internal=np.zeros((3, n)),
            force=no_coefficients(force.still.cosine.shape[1]),
            local=np.zeros((3, n)),
            external=np.zeros((3, n)),
            total=np.zeros((3, n)),
            phases=np.zeros((2, n)),
            harmonics=np.zeros((2, n)),
            displacement=np.zeros((3, n)),
            noise=spread.ravel()[: self._box.dimensions * n],
            spread=spread,
            random=np.zeros(4, dtype=np.uint64),
            chain=np.zeros_like(chain),
            virial=np.zeros(6),
        )


def bring_to_rest(velocities: Floats) -> None:
    """Subtract the mean velocity, (3, N)."""
    velocities -= velocities.mean(axis=1, keepdims=True)
