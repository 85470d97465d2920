"""A site: a machine, and how to run on it."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .. import PerrinError
from .slurm import BlockShape, Pool, Slurm

_FOLDER = Path(__file__).parent


class SiteError(PerrinError, ValueError):
    """A site that is not there or does not make sense."""


def _all_workers(fields: dict[str, Any]) -> int:
    slurm: Slurm | None = fields.get("slurm")
    if slurm is None:
        return len(os.sched_getaffinity(0))
    threads: int = fields.get("threads_per_worker", 1)
    per_node = max(1, slurm.cores_per_node // threads)
    return slurm.max_blocks * slurm.nodes_per_block * per_node


class Site(BaseModel):
    """One machine, as its TOML file describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    name: str
    """Name by which `--site` finds it."""
    executor: Literal["parsl", "dask"] = "parsl"
    """What distributes the tasks."""
    threads_per_worker: int = Field(default=1, ge=1)
    """Replicas that one worker runs at the same time, each on its own thread."""
    cpu_target: str = "native"
    """LLVM name of the processor that kernels are compiled for; "native" for the one at hand."""
    heartbeat_seconds: int = Field(default=5, ge=1)
    """How often workers and manager tell each other that they are alive, in seconds."""
    slurm: Slurm | None = None
    """The Slurm cluster that it is; default: this machine."""
    workers: int = Field(default_factory=_all_workers, ge=1)
    """Worker processes at most; default: one per core that this process, or all blocks, may use."""

    @property
    def pools(self) -> dict[Pool, BlockShape]:
        """Shape of the blocks of each pool; none on this machine."""
        return self.slurm.pools if self.slurm is not None else {}

    def pool_of(self, wanted: Pool) -> Pool:
        """Pool that takes the tasks of another one that the site does not have."""
        return wanted if wanted in self.pools else Pool.WORKERS

    def workers_per_node(self, pool: Pool) -> int:
        """Workers on one node of a block; a pool of groups has one per block, which starts them."""
        if pool is not Pool.WORKERS:
            return 1
        return max(1, self.pools[pool].cores_per_node // self.threads_per_worker)

    def workers_per_block(self, pool: Pool) -> int:
        """Tasks that a block works on at the same time."""
        nodes = self.pools[pool].nodes_per_block if pool is Pool.WORKERS else 1
        return nodes * self.workers_per_node(pool)

    def environment(self) -> dict[str, str]:
        """Environment variables of every worker: one thread per process, kernels for the site."""
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        if self.cpu_target != "native":
            threads |= {"NUMBA_CPU_NAME": self.cpu_target, "NUMBA_CPU_FEATURES": ""}
        return threads


def site_names() -> list[str]:
    """Names of the sites that come with perrin."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load_site(name: str, **overrides: Any) -> Site:
    """Load a site by name, or from a TOML file of one's own.

    Parameters
    ----------
    name
        A name from `site_names`, or the path of a TOML file.
    overrides
        Fields to replace; None leaves a field as it is.
    """
    path = Path(name) if name.endswith(".toml") else _FOLDER / f"{name}.toml"
    try:
        fields = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        known = ", ".join(site_names())
        raise SiteError(
            f"site {name!r}: no such site; known: {known}, or the path of a .toml file"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SiteError(f"{path}: {error}") from error
    fields |= {key: value for key, value in overrides.items() if value is not None}
    try:
        return Site.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(_describe(entry) for entry in error.errors())
        raise SiteError(f"{path}: {problems}") from error


def _describe(entry: Any) -> str:
    name = ".".join(map(str, entry["loc"]))
    if entry["type"] != "extra_forbidden":
        return f"{name} = {entry['input']!r}: {entry['msg'].lower()}"
    close = difflib.get_close_matches(name, Site.model_fields, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{name}: unknown key; {hint}allowed: {', '.join(Site.model_fields)}"
