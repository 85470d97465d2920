"""What a campaign file asks for, replica by replica, and what is left of it to do."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..engines.identity import Physics, document, sampling_document, sampling_hash
from ..engines.registry import ENGINES
from ..engines.system import ParticleSystem
from ..site_configs.launch import group_launch
from ..site_configs.site import Site, load_site
from ..site_configs.slurm import Pool
from .cost import Cost, seconds_per_step
from .learning.fields import Purpose, PurposefulPoint, purposeful_points
from .learning.selection import Selection
from .spec import Campaign
from .store import Store
from .tasks import Pending, Task, bundle

TASK_SECONDS = 120.0
SEGMENT_SECONDS = 10.0
LARGEST_NUMBER_OF_FILES = 1500
TASKS_PER_WORKER = 4


@dataclass(frozen=True)
class PlannedPoint:
    """A state point with its identity, the length of its replicas, and what it is for.

    A step takes so many `evaluations` of the forces.
    """

    parameters: ParticleSystem
    physics: Physics
    total_steps: int
    evaluations: float
    purpose: Purpose = Purpose.INITIAL
    round: int = 0

    @cached_property
    def replica_seconds(self) -> float:
        """Nominal wall time of a whole replica on one core, in seconds."""
        return self.total_steps * self.step_seconds

    @cached_property
    def step_seconds(self) -> float:
        """Nominal wall time of a step on one core, in seconds."""
        return seconds_per_step(self.parameters, self.evaluations)

    @cached_property
    def ensemble(self) -> str:
        """Key of the first replica: what all replicas have in common, and no other ensemble has."""
        return self.physics.replica_key(0)


@dataclass(frozen=True)
class Plan:
    """Every replica that a campaign wants.

    Attributes
    ----------
    campaign
        The campaign file.
    site
        Where it runs.
    points
        Its state points.
    sampling
        Document of the sampling, its length included.
    extents
        State-point hash -> replicas, where it is not as many as the file says.
    slowness
        Processor time of a step, in units of the nominal one.
    """

    campaign: Campaign
    site: Site
    points: list[PlannedPoint]
    sampling: dict[str, Any]
    extents: Mapping[str, int] = field(default_factory=dict)
    slowness: float = 1.0

    @classmethod
    def of(
        cls,
        campaign: Campaign,
        folder: Path,
        site: str | None = None,
        selections: Sequence[Selection] = (),
    ) -> Plan:
        """Plan a validated campaign whose file is in `folder`, on its own site or another one.

        `selections` are what active learning decided so far.
        """
        resources = campaign.resources
        is_file = resources.site.endswith(".toml")
        machine = load_site(
            site or (str(folder / resources.site) if is_file else resources.site),
            executor=resources.executor,
            workers=resources.workers,
            threads_per_worker=resources.threads_per_worker,
        )
        engine = ENGINES[campaign.problem.engine]
        sampling = sampling_document(campaign.sampling, engine.statistics_version)
        return cls(campaign, machine, _planned(campaign, selections), sampling)

    def following(self, selections: Sequence[Selection]) -> Plan:
        """Plan the same campaign after further selections."""
        return replace(self, points=_planned(self.campaign, selections))

    def extended(self, extents: Mapping[str, int]) -> Plan:
        """Plan the same campaign with more replicas of the state points with these hashes."""
        grown = replace(self, extents={**self.extents, **extents})
        points = [p for p in self.points if p.physics.state_point_hash in extents]
        added = (entry for p in points for entry in grown._replicas(p, self.replicas_of(p)))
        more = {key: (point, replica) for point, replica, key in added}
        vars(grown)["wanted"] = {**self.wanted, **more}
        return grown

    def slowed(self, slowness: float) -> Plan:
        """Plan the same campaign at another speed than the nominal one."""
        return replace(self, slowness=slowness)

    def replicas_of(self, point: PlannedPoint) -> int:
        """Number of replicas wanted of one state point."""
        return self.extents.get(point.physics.state_point_hash, self.campaign.problem.replicas)

    @cached_property
    def sampling_hash(self) -> str:
        """Hash of what is sampled, its length left out."""
        return sampling_hash(self.sampling)

    @property
    def replica_count(self) -> int:
        """Number of replicas wanted."""
        return sum(map(self.replicas_of, self.points))

    @cached_property
    def total_steps(self) -> int:
        """Steps of all wanted replicas together."""
        return sum(point.total_steps * self.replicas_of(point) for point in self.points)

    def replicas(self) -> Iterator[tuple[PlannedPoint, int, str]]:
        """Every wanted replica: its state point, index and key."""
        for point in self.points:
            yield from self._replicas(point)

    def _replicas(
        self, point: PlannedPoint, first: int = 0
    ) -> Iterator[tuple[PlannedPoint, int, str]]:
        for replica in range(first, self.replicas_of(point)):
            yield point, replica, point.physics.replica_key(replica)

    @cached_property
    def wanted(self) -> dict[str, tuple[PlannedPoint, int]]:
        """Replica key -> its state point and index."""
        return {key: (point, replica) for point, replica, key in self.replicas()}

    def is_published(self, key: str, store: Store) -> bool:
        """Whether a result file holds the replica, at least as long as wanted."""
        location = store.index.find(key, self.sampling_hash)
        return location is not None and location.row.step >= self.wanted[key][0].total_steps

    def is_complete(self, key: str, store: Store) -> bool:
        """Whether the replica is durable at its full length, in a result or a checkpoint."""
        return store.steps_done(key, self.sampling_hash) >= self.wanted[key][0].total_steps

    def pending(
        self, store: Store, quarantined: Container[str], keys: Iterable[str] | None = None
    ) -> list[Pending]:
        """Replicas (of `keys`) that no result file holds yet, the most expensive first."""
        found = []
        for key in self.wanted if keys is None else keys:
            if key in quarantined or self.is_published(key, store):
                continue
            point, replica = self.wanted[key]
            source = store.source(key, self.sampling_hash)
            left = max(0, point.total_steps - store.steps_done(key, self.sampling_hash))
            seconds = left * point.step_seconds
            pending = Pending(point.physics, replica, left, str(source) if source else None)
            found.append((seconds, pending))
        found.sort(key=lambda item: -item[0])
        return [pending for _, pending in found]

    def tasks(self, pending: Sequence[Pending], directory: str) -> list[Task]:
        """Bundle pending replicas into tasks."""
        tasks = bundle(
            pending,
            directory=directory,
            sampling=self.sampling,
            replicas_per_task=self.replicas_per_task(len(pending)),
            segment_steps=self.segment_steps,
            threads=self.site.threads_per_worker,
            ranks=self.campaign.resources.mpi_ranks,
            domains=self.campaign.resources.domains,
            segment_seconds=self.segment_seconds,
        )
        return [self._with_launch(task) for task in tasks]

    def _with_launch(self, task: Task) -> Task:
        """Say how the group of a task is started here."""
        return replace(task, launch=group_launch(self.site, task.ranks)) if task.ranks > 1 else task

    def replicas_per_task(self, count: int) -> int:
        """Replicas per task for `count`: minutes of work, several tasks per worker, few files."""
        chosen = self.campaign.resources.replicas_per_task
        if chosen is not None:
            return chosen
        at_once = 1 if self.campaign.resources.domains else self.campaign.resources.mpi_ranks
        parallel = self.cores_per_worker
        by_time = TASK_SECONDS * parallel / self._mean_replica_seconds
        by_workers = count / (TASKS_PER_WORKER * self.site.workers)
        by_files = math.ceil(count / LARGEST_NUMBER_OF_FILES)
        smallest = 1 if self.campaign.resources.domains else parallel
        size = max(1, by_files, smallest, int(min(by_time, by_workers)))
        return at_once * math.ceil(size / at_once)

    @cached_property
    def _mean_replica_seconds(self) -> float:
        return sum(point.replica_seconds for point in self.points) / len(self.points)

    @cached_property
    def _slowest(self) -> float:
        """Nominal wall time of a step of the largest state point, in seconds."""
        return max(point.step_seconds for point in self.points) / self._domains

    @property
    def _domains(self) -> int:
        """Processes that share each replica."""
        resources = self.campaign.resources
        return resources.mpi_ranks if resources.domains else 1

    @property
    def segment_steps(self) -> int:
        """Steps between checkpoints: seconds of work for the largest state point."""
        chosen = self.campaign.resources.segment_steps
        if chosen is not None:
            return chosen
        return max(100, 100 * round(SEGMENT_SECONDS / self._slowest / 100))

    @property
    def pool(self) -> Pool:
        """Pool of the site that simulates."""
        return self.site.pool_of(
            Pool.MPI if self.campaign.resources.mpi_ranks > 1 else Pool.WORKERS
        )

    @property
    def cores_per_worker(self) -> int:
        """Cores on which a worker, or the group that it starts, computes at the same time."""
        return max(self.site.threads_per_worker, self.campaign.resources.mpi_ranks)

    @property
    def steps_per_second(self) -> float:
        """Expected speed of one worker, averaged over the state points."""
        seconds = self.slowness * sum(point.replica_seconds for point in self.points)
        return self.cores_per_worker * sum(point.total_steps for point in self.points) / seconds

    @property
    def segment_seconds(self) -> float:
        """Expected time between checkpoints, for the largest state point."""
        return self.segment_steps * self._slowest * self.slowness

    @cached_property
    def bytes_in_flight(self) -> float:
        """Space for a task on each worker: its checkpoint, and its result."""
        replica = max(self.bytes_per_replica(point) for point in self.points)
        return 2.0 * replica * self.replicas_per_task(self.replica_count) * self.site.workers

    def bytes_per_replica(self, point: PlannedPoint) -> int:
        """Approximate size of a replica in a result file."""
        sampling, dynamics = self.campaign.sampling, self.campaign.problem.dynamics
        blocks = math.ceil(
            sampling.steps(dynamics.time_step) / sampling.block_steps(dynamics.time_step)
        )
        bins = sampling.bins(point.parameters.box.profile_length)
        profiles = 10 * bins * len(point.parameters.counts)
        numbers = (profiles + 20) * blocks + 16 * point.parameters.particles
        for sampler in sampling.samplers(point.parameters, dynamics.time_step, ("velocities",)):
            kept = [*sampler.empty(sampler.length or blocks).values(), *sampler.memory().values()]
            numbers += sum(array.size for array in kept)
        return 8 * numbers + 1000

    def cost(self, store: Store, quarantined: Container[str]) -> Cost:
        """Nominal cost of what is pending."""
        by_hash = {point.physics.state_point_hash: point for point in self.points}
        pending = self.pending(store, quarantined)
        points = [by_hash[p.physics.state_point_hash] for p in pending]
        seconds = sum(
            p.steps_left * point.step_seconds for p, point in zip(pending, points, strict=True)
        )
        tasks = math.ceil(len(pending) / self.replicas_per_task(len(pending)))
        cores = self.site.workers * self.cores_per_worker
        at_once = max(1, len(pending)) * self._domains
        return Cost(
            core_hours=seconds / 3600,
            wall_hours=seconds / 3600 / min(cores, at_once),
            tasks=tasks,
            files=tasks,
            bytes=sum(self.bytes_per_replica(point) for point in points),
        )


def _planned(campaign: Campaign, selections: Sequence[Selection]) -> list[PlannedPoint]:
    points, dynamics = purposeful_points(campaign, selections), document(campaign.problem.dynamics)
    return [_planned_point(campaign, point, dynamics) for point in points]


def _planned_point(
    campaign: Campaign, point: PurposefulPoint, dynamics: dict[str, Any]
) -> PlannedPoint:
    problem, engine = campaign.problem, ENGINES[campaign.problem.engine]
    physics = Physics(
        problem.engine,
        engine.physics_version,
        document(point.parameters),
        dynamics,
        problem.seed,
    )
    total_steps = engine(point.parameters, problem.dynamics, campaign.sampling).total_steps
    evaluations = engine.evaluations(problem.dynamics)
    return PlannedPoint(
        point.parameters, physics, total_steps, evaluations, point.purpose, point.round
    )
