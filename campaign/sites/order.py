"""What a probe is told to do, and where it leaves what it found."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ...engines.durable import write_text

ORDER = "order.json"
DONE = "done.json"


class Meeting(BaseModel):
    """Processes of a training over several nodes, and the interface by which they meet."""

    model_config = ConfigDict(frozen=True)

    interface: str | None
    nodes: int
    processes: int


class Step(BaseModel):
    """A command that the probe runs, for so many seconds at most."""

    model_config = ConfigDict(frozen=True)

    name: str
    command: list[str]
    seconds: float = 120.0
    meeting: Meeting | None = None


class StepEnding(BaseModel):
    """How a step ended; no exit status if it took too long."""

    model_config = ConfigDict(frozen=True)

    status: int | None
    seconds: float


class Order(BaseModel):
    """What a probe is told.

    Attributes
    ----------
    steps
        What to run, one after the other, on the first node of the block.
    addresses
        Network interface -> address of the manager there.
    port, token
        Where the manager listens, and what it answers with.
    scratch
        Where temporary files should go on a node; None if that does not matter.
    gpus, threads
        GPUs to look for on each node, and threads to measure the speed with.
    """

    model_config = ConfigDict(frozen=True)

    steps: list[Step]
    addresses: dict[str, str]
    port: int
    token: str
    scratch: str | None = None
    gpus: int = 0
    threads: int = 1

    @classmethod
    def load(cls, folder: Path) -> Order:
        """Read the order of a probe."""
        return cls.model_validate_json((folder / ORDER).read_text())

    def save(self, folder: Path) -> None:
        """Write the order of a probe."""
        leave(folder, ORDER, self)


def leave(folder: Path, name: str, document: BaseModel) -> None:
    """Write a document, whole or not at all."""
    write_text(folder / name, document.model_dump_json(), node_name())


def node_name() -> str:
    """Name of the calling process's node, as Slurm calls it."""
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()
