"""What a probe runs in a block of each pool, started the way campaigns start it."""

from __future__ import annotations

import sys
from pathlib import Path

from ...site_configs.launch import group_launch, node_launch, training_launch
from ...site_configs.site import Site, SiteError
from ...site_configs.slurm import OtherShape, Pool
from .environment import gpus
from .order import Meeting, Step

PROBE, SPEED, MPI, TORCH = "probe", "speed", "mpi", "torch"
NODE_SECONDS = 240.0
RANKS_PER_NODE = 2
LOCAL_PROCESSES = 2
_PROGRAMS = {
    PROBE: "perrin.campaign.sites.probe",
    SPEED: "perrin.campaign.sites.speed",
    MPI: "perrin.campaign.sites.mpi_ranks",
    TORCH: "perrin.campaign.sites.torch_ranks",
}


def steps_of(site: Site, pool: Pool, folder: Path) -> list[Step]:
    """Steps of a probe in a block of `pool`, whose shape is that of the site."""
    shape = site.pools.get(pool)
    launch = node_launch(shape) if shape is not None else []
    names = (PROBE, SPEED) if pool is Pool.WORKERS else (PROBE,)
    steps = [
        Step(name=name, command=[*launch, *_program(name, folder)], seconds=NODE_SECONDS)
        for name in names
    ]
    if pool is Pool.MPI or (pool is Pool.WORKERS and Pool.MPI not in site.pools):
        steps += _mpi(site, pool, folder)
    if pool is Pool.TRAINING or site.slurm is None:
        steps.append(_torch(site, folder))
    return steps


def _mpi(site: Site, pool: Pool, folder: Path) -> list[Step]:
    """A group of a few processes; nothing if this machine has no launcher."""
    shape = site.pools.get(pool)
    ranks = min(shape.cores, RANKS_PER_NODE * shape.nodes_per_block) if shape else LOCAL_PROCESSES
    try:
        command = group_launch(_with_groups(site), ranks)
    except SiteError:
        return []
    return [Step(name=MPI, command=[*command, *_program(MPI, folder)])]


def _with_groups(site: Site) -> Site:
    """The same site with groups in the blocks of workers, if they have no blocks of their own."""
    if site.slurm is None or site.slurm.mpi is not None:
        return site
    slurm = site.slurm.model_copy(update={"mpi": OtherShape()})
    return site.model_copy(update={"slurm": slurm})


def _torch(site: Site, folder: Path) -> Step:
    """A process on each GPU, or a few on each node."""
    shape = site.pools.get(Pool.TRAINING)
    wanted = LOCAL_PROCESSES * shape.nodes_per_block if shape else LOCAL_PROCESSES
    if shape is None:
        wanted = len(gpus().names) or wanted
    launch = training_launch(site, wanted)
    if launch.command:
        command, meeting = (
            [*launch.command, *_program(TORCH, folder)],
            Meeting(interface=launch.interface, nodes=launch.nodes, processes=launch.processes),
        )
        return Step(name=TORCH, command=command, meeting=meeting)
    torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={launch.processes}"]
    command = [sys.executable, "-m", *torchrun, *_program(TORCH, folder)[1:]]
    return Step(name=TORCH, command=command)


def _program(name: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", _PROGRAMS[name], str(folder)]
