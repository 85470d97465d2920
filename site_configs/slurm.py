"""What a Slurm site says of itself: how blocks are asked for, and of what shape."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_WALLTIME = re.compile(r"(?:(?P<days>\d+)-)?(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d\d)")


class Pool(StrEnum):
    """What kind of task a block is for."""

    WORKERS = "workers"
    """Tasks of one process: simulations, explorations."""
    MPI = "mpi"
    """Replica groups of several MPI processes."""
    TRAINING = "training"
    """Distributed trainings."""


def _checked_walltime(text: Any) -> Any:
    if not isinstance(text, str) or not _WALLTIME.fullmatch(text):
        raise ValueError('give a time as "HH:MM:SS" or "D-HH:MM:SS", in quotes')
    return text


Walltime = Annotated[str, BeforeValidator(_checked_walltime)]


class BlockShape(BaseModel):
    """One block: a Slurm job that holds workers for many tasks."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

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
    scheduler_lines: list[str] = []
    """Further lines for the head of the job script, such as "#SBATCH --mail-type=FAIL"."""

    @property
    def walltime_seconds(self) -> int:
        """How long a block lives, in seconds."""
        match = _WALLTIME.fullmatch(self.walltime)
        parts = match.groupdict() if match else {}
        days, hours, minutes, seconds = (
            int(parts.get(name) or 0) for name in ("days", "hours", "minutes", "seconds")
        )
        return ((24 * days + hours) * 60 + minutes) * 60 + seconds

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

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    scheduler_lines: list[str] | None = None


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
    """What starts processes on the nodes of a block."""
    pmi: str = "pmi2"
    """How `srun` starts MPI programs here: see `srun --mpi=list`."""
    scratch: str | None = None
    """Folder on the node's own disk for scratch files; default: $TMPDIR or /tmp."""
    mpi: OtherShape | None = None
    """Blocks for replica groups, where they differ; needed if a campaign has such groups."""
    training: OtherShape | None = None
    """Blocks for trainings over several nodes or GPUs; default: trainings run on plain workers."""

    @property
    def pools(self) -> dict[Pool, BlockShape]:
        """Shape of the blocks of each pool that the site has."""
        shapes = {Pool.WORKERS: self._shape(OtherShape())}
        for pool, other in ((Pool.MPI, self.mpi), (Pool.TRAINING, self.training)):
            if other is not None:
                shapes[pool] = self._shape(other)
        return shapes

    def _shape(self, other: OtherShape) -> BlockShape:
        mine = {name: getattr(self, name) for name in BlockShape.model_fields}
        return BlockShape.model_validate(mine | other.model_dump(exclude_none=True))
