"""What a process finds around it: Python, packages, processor, GPUs."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

PACKAGES = (
    *("perrin", "numpy", "numba", "llvmlite", "scipy", "h5py", "torch", "mpi4py"),
    *("parsl", "dask", "distributed", "dask-jobqueue", "pydantic"),
)
ABSENT = "absent"


class GpuReport(BaseModel):
    """GPUs that torch finds, and the version of its NCCL."""

    model_config = ConfigDict(frozen=True)

    names: list[str]
    nccl: str


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that matter."""
    return {"Python": platform.python_version()} | {name: _version(name) for name in PACKAGES}


def processor_name() -> str:
    """Model of the processor, as it calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def gpus() -> GpuReport:
    """GPUs that this process may use."""
    import torch

    nccl: Any = torch.cuda.nccl
    names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    version_of_nccl = ".".join(map(str, nccl.version())) if names else ABSENT
    return GpuReport(names=names, nccl=version_of_nccl)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ABSENT
