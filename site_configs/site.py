"""A site: a machine, and how to run on it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .. import PerrinError
from .site_errors import describe, suggestion
from .site_files import site_file, site_files
from .slurm import BlockShape, Pool, Slurm


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

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    name: str = Field(pattern=r"^[\w.+-]+$")
    """What it is called; default: the name of its file."""
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

    @model_validator(mode="after")
    def _threads_have_cores(self) -> Self:
        if self.slurm is not None and self.threads_per_worker > self.slurm.cores_per_node:
            raise ValueError(
                f"threads_per_worker = {self.threads_per_worker}: more than "
                f"slurm.cores_per_node = {self.slurm.cores_per_node}"
            )
        return self

    @property
    def kind(self) -> str:
        """What it is, in a word or two."""
        return "this machine" if self.slurm is None else "Slurm"

    def flat(self) -> dict[str, Any]:
        """Field -> value; fields of tables as "slurm.partition"."""
        return dict(_flat(self))

    def given(self) -> list[str]:
        """Fields, named as in `flat`, that the file sets; the others have their defaults."""
        return [name for name, _ in _flat(self, given_only=True)]

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


def _flat(
    table: BaseModel, prefix: str = "", given_only: bool = False
) -> Iterator[tuple[str, Any]]:
    for name in type(table).model_fields:
        value = getattr(table, name)
        if given_only and name not in table.model_fields_set:
            continue
        if isinstance(value, BaseModel):
            yield from _flat(value, f"{prefix}{name}.", given_only)
        else:
            yield f"{prefix}{name}", value


def site_names() -> list[str]:
    """Names of the sites that come with perrin, and of those of this user."""
    return list(site_files())


def load_site(name: str, **overrides: Any) -> Site:
    """Load a site by name, or from a TOML file of one's own.

    Parameters
    ----------
    name
        A name from `site_names`, or the path of a TOML file.
    overrides
        Fields to replace; None leaves a field as it is.
    """
    path = site_file(name)
    if path is None or not path.exists():
        known = site_names()
        raise SiteError(
            f"site {name!r}: no such site; {suggestion(name, known)}known: {', '.join(known)}, or "
            "the path of a .toml file"
        )
    fields = {"name": path.stem, **read_site(path)}
    fields |= {key: value for key, value in overrides.items() if value is not None}
    try:
        return Site.model_validate(fields)
    except ValidationError as error:
        raise SiteError(f"{path}: {describe(error, Site)}") from error


def read_site(path: Path) -> dict[str, Any]:
    """What the file of a site says, not validated."""
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteError(f"{path}: {error}") from error
