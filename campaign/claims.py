"""Claims: which process works on which try, and how far it is.

A worker writes its claim before it looks at the lease, and a new manager takes the lease before
it reads the claims: whichever comes second sees the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..engines.durable import write_text
from .processes import ProcessName


@dataclass
class Claim:
    """A running try, as its worker reports it.

    Attributes
    ----------
    steps_done, steps_total
        Steps of replicas, optimiser steps, or candidates.
    replicas_done, replicas_total
        Members of the task.
    title
        What a learning task does; empty for simulations.
    block
        Number of the Slurm job that it runs on, if any.
    """

    token: str
    generation: int
    task: str
    process: ProcessName
    steps_done: int
    steps_total: int
    replicas_done: int
    replicas_total: int
    updated: float
    title: str = ""
    block: str | None = field(default_factory=lambda: os.environ.get("SLURM_JOB_ID"))

    def write(self, directory: Path) -> None:
        """Publish the claim, or renew it."""
        self.updated = time.time()
        write_text(directory / f"{self.token}.json", json.dumps(asdict(self)), self.token)

    def remove(self, directory: Path) -> None:
        """Withdraw the claim."""
        (directory / f"{self.token}.json").unlink(missing_ok=True)


def read_claims(directory: Path) -> Iterator[Claim]:
    """Yield every claim that can be read."""
    for path in sorted(directory.glob("[!.]*.json")):
        with contextlib.suppress(OSError, AttributeError, KeyError, TypeError, ValueError):
            document: dict[str, Any] = json.loads(path.read_text())
            process = ProcessName(**document.pop("process"))
            claim = Claim(process=process, **document)
            if isinstance(claim.generation, int):
                yield claim
