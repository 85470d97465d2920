"""Parsl and Dask ask Slurm for the same block."""

import subprocess
import sys
from pathlib import Path

import pytest

from perrin.site_configs.dask_slurm import dask_slurm_cluster
from perrin.site_configs.job_script import header, prologue
from perrin.site_configs.parsl_slurm import parsl_slurm_config
from perrin.site_configs.site import Site
from perrin.site_configs.slurm import Pool, Slurm

SLURM = Slurm(
    partition="p",
    account="a",
    qos="q",
    constraint="zen4",
    walltime="1-00:00:00",
    nodes_per_block=2,
    cores_per_node=8,
    memory_per_node=16,
    gpus_per_node=4,
    exclusive=True,
    scheduler_lines=["#SBATCH --mail-type=FAIL"],
    setup=["module load x"],
    scratch="/scratch/$SLURM_JOB_ID",
)
SHAPE = SLURM.pools[Pool.WORKERS]
SITE = Site(name="all", slurm=SLURM)
HEADER = [
    "#SBATCH --partition=p",
    "#SBATCH --account=a",
    "#SBATCH --qos=q",
    "#SBATCH --constraint=zen4",
    "#SBATCH --time=1440",
    "#SBATCH --nodes=2",
    "#SBATCH --ntasks-per-node=1",
    "#SBATCH --cpus-per-task=8",
    "#SBATCH --mem=16G",
    "#SBATCH --gpus-per-node=4",
    "#SBATCH --exclusive",
    "#SBATCH --no-requeue",
    "#SBATCH --mail-type=FAIL",
]
PROLOGUE = [
    "module load x",
    'export TMPDIR="/scratch/$SLURM_JOB_ID"',
    'srun --mpi=none --ntasks-per-node=1 mkdir -p "$TMPDIR"',
    "export WORD='two words'",
    "export PERRIN_WALLTIME=86400",
    "export SRUN_CPUS_PER_TASK=8",
]
ENVIRONMENT = {"WORD": "two words"}


def test_every_field_is_asked_for():
    assert header(SHAPE) == HEADER
    assert prologue(SLURM, SHAPE, ENVIRONMENT) == PROLOGUE


def test_what_is_left_out_is_left_to_slurm():
    assert header(Slurm()) == [
        "#SBATCH --time=60",
        "#SBATCH --nodes=1",
        "#SBATCH --ntasks-per-node=1",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --no-requeue",
    ]


# Parsl leaves sockets open when it asks for the addresses of this host
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_parsl(tmp_path):
    config = parsl_slurm_config(
        SITE, SLURM, tmp_path, interchange=["i"], entry=["e"], environment=ENVIRONMENT
    )
    (executor,) = config.executors
    assert executor.provider.scheduler_options.splitlines() == HEADER
    assert executor.provider.worker_init.splitlines() == PROLOGUE


def test_dask(tmp_path):
    """In a process of its own: dask-jobqueue leaves files open."""
    program = "from perrin.tests.site_configs.test_job_script import *; print_script_of_dask()"
    finished = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True
    )
    lines = finished.stdout.splitlines()
    assert [line for line in lines if line.startswith("#SBATCH")] == HEADER, finished.stderr
    assert [line for line in lines if line in PROLOGUE] == PROLOGUE


def print_script_of_dask():
    folder = Path(sys.argv[1])
    cluster = dask_slurm_cluster(
        SITE, SLURM, Pool.WORKERS, folder, entry="e", environment=ENVIRONMENT
    )
    print(cluster.job_script())
    cluster.close()
