"""How programs of several processes are started on a site."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .site import Site, SiteError
from .slurm import BlockShape, Pool

PROBE_SECONDS = 30.0
_INSTALL_MPI = (
    "install an MPI that mpi4py can load, such as by `pip install mpich`, or load its module, on a "
    "Slurm site by a line in setup"
)
_OF_THE_JOB = ("SLURM_CONF", "SLURM_JOB_ID")


def group_launch(site: Site, ranks: int) -> list[str]:
    """Command that starts so many processes of an MPI program, which is to follow.

    Raises
    ------
    SiteError
        The site cannot start them.
    """
    if site.slurm is None:
        return [find_program("mpiexec"), "-n", str(ranks)]
    shape = site.pools.get(Pool.MPI)
    if shape is None:
        raise SiteError(
            f"site {site.name}: resources.mpi_ranks = {ranks} needs blocks for groups; "
            "add a table [slurm.mpi] to the file of the site, if need be an empty one"
        )
    if ranks > shape.cores:
        raise SiteError(
            f"site {site.name}: resources.mpi_ranks = {ranks}, but a block of slurm.mpi has "
            f"{shape.cores} cores; raise its nodes_per_block or cores_per_node"
        )
    if site.slurm.launcher == "mpiexec":
        return ["mpiexec", "-n", str(ranks)]
    return _srun(site.slurm.pmi, shape, min(ranks, shape.nodes_per_block), ranks)


@dataclass(frozen=True)
class TrainingLaunch:
    """How a distributed training is started.

    Attributes
    ----------
    command
        Starts its processes, by a program that is to follow; empty for those of one node.
    nodes, processes
        On how many nodes, and how many processes altogether, equally many on each node.
    interface
        Network interface by which they reach each other; None for the one of the host's name.
    """

    command: list[str]
    nodes: int
    processes: int
    interface: str | None


def training_launch(site: Site, processes: int) -> TrainingLaunch:
    """Spread a training over a block: one process per GPU, or as many as wanted over the nodes."""
    shape = site.pools.get(Pool.TRAINING)
    if site.slurm is None or shape is None:
        return TrainingLaunch([], 1, processes, None)
    if shape.gpus_per_node:
        nodes, per_node = shape.nodes_per_block, shape.gpus_per_node
    else:
        wanted = min(processes, shape.cores)
        per_node = math.ceil(wanted / shape.nodes_per_block)
        nodes = math.ceil(wanted / per_node)
    count = nodes * per_node
    command = _srun("none", shape, nodes, count) if nodes > 1 else []
    return TrainingLaunch(command, nodes, count, site.slurm.interface)


def node_launch(shape: BlockShape) -> list[str]:
    """Command that starts a program, which is to follow, once on each node of a block."""
    nodes = shape.nodes_per_block
    return _srun("none", shape, nodes, nodes) if nodes > 1 else []


def _srun(pmi: str, shape: BlockShape, nodes: int, processes: int) -> list[str]:
    """Start a step beside that of the worker, which ends as soon as one of its processes fails."""
    cores = shape.cores_per_node // math.ceil(processes / nodes)
    return [
        *("srun", f"--mpi={pmi}", "--overlap", "--kill-on-bad-exit=1"),
        *(f"--nodes={nodes}", f"--ntasks={processes}", f"--cpus-per-task={max(1, cores)}"),
    ]


def find_program(name: str) -> str:
    """Path of a launcher, beside this Python or on the search path.

    Raises
    ------
    SiteError
        There is none.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join((beside, os.environ.get("PATH", ""))))
    if found is None:
        raise SiteError(
            f"{name}: not found beside {sys.executable} or on PATH; "
            + ("is this a node of the cluster?" if name == "srun" else _INSTALL_MPI)
        )
    return found


def launch_environment(command: Sequence[str]) -> dict[str, str]:
    """Environment in which to start a launcher: srun sees its job, and not the step it is in.

    srun takes variables of its own step for options; Hydra asks its srun by a variable.
    """
    if Path(command[0]).name != "srun":
        return {**os.environ, "SLURM_OVERLAP": "1"}
    return _without_step(os.environ)


def _without_step(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("SLURM") or name in _OF_THE_JOB
    }


def nodes_answer() -> bool:
    """Whether all nodes of this block still start programs; without a block they do.

    What fails while they do not is the fault of the block: Slurm may take minutes to notice. Where
    srun has never worked nothing follows from its failure.
    """
    return not nodes_ever_answered() or _probe()


@cache
def nodes_ever_answered() -> bool:
    """Whether all nodes started programs when this process first asked; ask before they fail."""
    return _probe()


def _probe() -> bool:
    nodes = os.environ.get("SLURM_JOB_NUM_NODES")
    if nodes is None:
        return True
    probe = ["srun", "--mpi=none", "--overlap", f"--nodes={nodes}", f"--ntasks={nodes}", "true"]
    try:
        finished = subprocess.run(
            probe,
            env=_without_step(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return True
    except subprocess.TimeoutExpired:
        return False
    return finished.returncode == 0
