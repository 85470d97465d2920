"""The script of a block, but for the command that it runs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from .scheduler_lines import PREFIX
from .slurm import BlockShape, Slurm

WALLTIME = "PERRIN_WALLTIME"
"""Environment variable with the walltime of a block, in seconds."""


def header_options(shape: BlockShape) -> list[str]:
    """What a block asks of Slurm, as options of sbatch."""
    options = {
        "partition": shape.partition,
        "account": shape.account,
        "qos": shape.qos,
        "constraint": shape.constraint,
        "time": shape.walltime_minutes,
        "nodes": shape.nodes_per_block,
        "ntasks-per-node": 1,
        "cpus-per-task": shape.cores_per_node,
        "mem": f"{shape.memory_per_node}G" if shape.memory_per_node else None,
        "gpus-per-node": shape.gpus_per_node or None,
    }
    return [
        *(f"--{name}={value}" for name, value in options.items() if value is not None),
        *(["--exclusive"] if shape.exclusive else []),
        "--no-requeue",
        *(line.removeprefix(PREFIX).strip() for line in shape.scheduler_lines),
    ]


def header(shape: BlockShape) -> list[str]:
    """What a block asks of Slurm, as lines of its script."""
    return [f"{PREFIX} {option}" for option in header_options(shape)]


def prologue(slurm: Slurm, shape: BlockShape, environment: Mapping[str, str]) -> list[str]:
    """Lines before the command of a block: the set-up of the site, and variables of its workers.

    `srun` does not hand the cores of a job on to its steps unless it is told (from Slurm 22.05).
    """
    variables = {
        **environment,
        WALLTIME: str(shape.walltime_seconds),
        "SRUN_CPUS_PER_TASK": str(shape.cores_per_node),
    }
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return [*slurm.setup, *_scratch(slurm, shape), *exports]


def _scratch(slurm: Slurm, shape: BlockShape) -> list[str]:
    """Lines that make the folder for temporary files on every node."""
    if slurm.scratch is None:
        return []
    step = "srun --mpi=none --ntasks-per-node=1 " if shape.nodes_per_block > 1 else ""
    return [f'export TMPDIR="{slurm.scratch}"', f'{step}mkdir -p "$TMPDIR"']
