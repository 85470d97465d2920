"""What a Slurm site says of itself: how blocks are asked for, and of what shape."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .scheduler_lines import SchedulerLines
from .walltime import Walltime, seconds_of


class Pool(StrEnum):
    """What kind of task a block is for."""

    WORKERS = "workers"
    """Tasks of one process: simulations, explorations."""
    MPI = "mpi"
    """Replica groups of several MPI processes."""
    TRAINING = "training"
    """Distributed trainings."""


class BlockShape(BaseModel):
    """One block: a Slurm job that holds workers for many tasks."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    partition: str | None = None
    """Partition; default: the cluster's own."""
    account: str | None = None
    """Account that is charged."""
    qos: str | None = None
    """Quality of service."""
    constraint: str | None = None
    """Features that nodes must have, such as "zen4"."""
    walltime: Walltime = "01:00:00"
    """How long a block lives; a replica may take many blocks."""
    nodes_per_block: int = Field(default=1, ge=1)
    """Nodes of one block."""
    cores_per_node: int = Field(default=1, ge=1)
    """Cores that a block asks for on each node."""
    memory_per_node: int | None = Field(default=None, ge=1)
    """Memory that a block asks for on each node, GB; default: the partition's own."""
    gpus_per_node: int = Field(default=0, ge=0)
    """GPUs that a block asks for on each node."""
    exclusive: bool = False
    """Whether to ask for whole nodes that nobody else uses."""
    scheduler_lines: SchedulerLines = []
    """Further lines for the head of the job script, such as "#SBATCH --mail-type=FAIL"."""

    @model_validator(mode="after")
    def _gpus_have_cores(self) -> Self:
        if self.gpus_per_node > self.cores_per_node:
            raise ValueError(
                f"gpus_per_node = {self.gpus_per_node}: every GPU takes a process with a core of "
                f"its own, and cores_per_node = {self.cores_per_node}"
            )
        return self

    @property
    def walltime_seconds(self) -> int:
        """How long a block lives, in seconds."""
        return seconds_of(self.walltime)

    @property
    def walltime_minutes(self) -> int:
        """How long a block lives, in whole minutes, as Slurm counts."""
        return math.ceil(self.walltime_seconds / 60)

    @property
    def cores(self) -> int:
        """Cores of one block."""
        return self.nodes_per_block * self.cores_per_node


class OtherShape(BaseModel):
    """Where the blocks of one pool differ from the others; what is left out is the same."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    walltime: Walltime | None = None
    nodes_per_block: int | None = Field(default=None, ge=1)
    cores_per_node: int | None = Field(default=None, ge=1)
    memory_per_node: int | None = Field(default=None, ge=1)
    gpus_per_node: int | None = Field(default=None, ge=0)
    exclusive: bool | None = None
    scheduler_lines: SchedulerLines | None = None


class Slurm(BlockShape):
    """A Slurm cluster."""

    min_blocks: int = Field(default=0, ge=0)
    """Blocks that are kept as long as there is any work."""
    max_blocks: int = Field(default=1, ge=1)
    """Blocks at the same time, queued ones included, of all pools together."""
    idle_seconds: float = Field(default=30.0, ge=0)
    """How long a block may have nothing to do before it is given back."""
    poll_seconds: float = Field(default=10.0, gt=0)
    """How often the queue is looked at."""
    setup: list[str] = []
    """Shell lines before anything else on a node, such as "module load python"."""
    interface: str | None = None
    """Network interface by which nodes and manager reach each other, such as "ib0"."""
    launcher: Literal["srun", "mpiexec"] = "srun"
    """What starts the processes of an MPI program."""
    pmi: str = "pmi2"
    """How `srun` starts MPI programs here: see `srun --mpi=list`."""
    scratch: str | None = None
    """Folder on the node's own disk for temporary files, such as "/scratch/$SLURM_JOB_ID"; it
    becomes $TMPDIR there. Default: what nodes have."""
    shared: list[str] = []
    """Folders that all nodes see, such as "/project"; `perrin plan` refuses campaigns
    elsewhere. Default: not known."""
    mpi: OtherShape | None = None
    """Blocks for replica groups, where they differ; needed if a campaign has such groups."""
    training: OtherShape | None = None
    """Blocks for trainings over several nodes or GPUs; default: trainings run on plain workers."""
    manager: OtherShape | None = None
    """Job of the manager (`perrin run --as-job`), where it differs from one core of a block."""

    @model_validator(mode="after")
    def _blocks_are_possible(self) -> Self:
        if self.min_blocks > self.max_blocks:
            raise ValueError(
                f"min_blocks = {self.min_blocks}: more than max_blocks = {self.max_blocks}"
            )
        for name, make in self._makers():
            try:
                make()
            except ValidationError as error:
                words = "; ".join(entry["msg"] for entry in error.errors())
                raise ValueError(f"{name}: {words.removeprefix('Value error, ')}") from error
        return self

    def _makers(self) -> Iterator[tuple[str, Callable[[], BlockShape]]]:
        """Tables of other shapes, and what makes them whole."""
        for pool, other in self._others().items():
            yield pool.value, partial(self._shape, other)
        yield "manager", lambda: self.manager_shape

    @property
    def pools(self) -> dict[Pool, BlockShape]:
        """Shape of the blocks of each pool that the site has."""
        shapes = {Pool.WORKERS: self._shape(OtherShape())}
        return shapes | {pool: self._shape(other) for pool, other in self._others().items()}

    @property
    def manager_shape(self) -> BlockShape:
        """Shape of the job in which a manager runs: one core, for as long as a block."""
        small = {"nodes_per_block": 1, "cores_per_node": 1, "memory_per_node": None}
        alone = {"gpus_per_node": 0, "exclusive": False}
        base = {name: getattr(self, name) for name in BlockShape.model_fields} | small | alone
        other = self.manager.model_dump(exclude_none=True) if self.manager else {}
        return BlockShape.model_validate(base | other)

    @property
    def shared_folders(self) -> list[Path]:
        """Folders that all nodes see, with ~ and variables of the environment filled in."""
        return [Path(os.path.expandvars(name)).expanduser() for name in self.shared]

    def sees(self, directory: Path) -> bool:
        """Whether nodes see a directory, as far as the site says."""
        path, folders = directory.resolve(), self.shared_folders
        return not folders or any(path.is_relative_to(folder.resolve()) for folder in folders)

    def _others(self) -> dict[Pool, OtherShape]:
        given = {Pool.MPI: self.mpi, Pool.TRAINING: self.training}
        return {pool: other for pool, other in given.items() if other is not None}

    def _shape(self, other: OtherShape) -> BlockShape:
        mine = {name: getattr(self, name) for name in BlockShape.model_fields}
        return BlockShape.model_validate(mine | other.model_dump(exclude_none=True))
