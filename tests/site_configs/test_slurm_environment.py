"""A manager inside a job asks for blocks as if it were outside."""

import os

from perrin.site_configs.slurm_environment import forget_own_job

OF_A_JOB = {
    "SLURM_JOB_ID": "7",
    "SLURM_CPUS_PER_TASK": "1",
    "SLURMD_NODENAME": "n1",
    "SBATCH_MEM_BIND_TYPE": "none",
}
OF_THE_USER = {"SLURM_CONF": "/etc/slurm.conf", "SBATCH_ACCOUNT": "colloids", "HOME": "/home/me"}


def test_in_a_job(monkeypatch):
    monkeypatch.setattr(os, "environ", {**OF_A_JOB, **OF_THE_USER})
    forget_own_job()
    assert os.environ == OF_THE_USER


def test_outside_nothing_is_touched(monkeypatch):
    """Whoever sets variables for Slurm's commands on a login node means them."""
    meant = {"SLURM_TIME_FORMAT": "standard", **OF_THE_USER}
    monkeypatch.setattr(os, "environ", dict(meant))
    forget_own_job()
    assert os.environ == meant
