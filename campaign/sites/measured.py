"""Speeds that were measured on sites, kept for `perrin plan`.

One small file for each site and each kind of node of it, in the user's cache. They never decide
what is computed, only what it is said to cost.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ...engines.canonical import digest
from ...engines.durable import write_text
from ...site_configs.site import Site


class Measurement(BaseModel):
    """Speeds of the engines on one site.

    Attributes
    ----------
    date
        When, as YYYY-MM-DD.
    nodes, processor
        Where.
    slowness
        Engine -> seconds per step over the nominal ones, with all cores busy.
    """

    model_config = ConfigDict(frozen=True)

    date: str
    nodes: list[str]
    processor: str
    slowness: dict[str, float]

    @classmethod
    def of(cls, site: Site) -> Self | None:
        """What was measured last on nodes as the site asks for; None if nothing was."""
        try:
            return cls.model_validate_json(measurement_file(site).read_text())
        except (OSError, ValidationError):
            return None

    def save(self, site: Site) -> None:
        """Keep it for plans."""
        path = measurement_file(site)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, self.model_dump_json(indent=2) + "\n", str(os.getpid()))


def measurement_file(site: Site) -> Path:
    """Where the speeds of a site are kept: they hold for one kind of node."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "perrin" / "sites" / f"{site.name}-{digest(_kind_of_node(site), 12)}.json"


def _kind_of_node(site: Site) -> dict[str, object]:
    """Fields that decide on which nodes workers run, and how."""
    if site.slurm is None:
        return {"host": socket.gethostname(), "cpu_target": site.cpu_target}
    names = {"partition", "constraint", "cores_per_node", "exclusive", "scheduler_lines"}
    return {**site.slurm.model_dump(include=names), "cpu_target": site.cpu_target}
