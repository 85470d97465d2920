"""Everything that a probe brought back from the block of one pool."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ...site_configs.site import Site
from ...site_configs.slurm import BlockShape, Pool
from . import mpi_ranks, probe, speed, torch_ranks
from .mpi_ranks import MpiReport
from .order import DONE, Order, StepEnding
from .probe import NodeReport
from .probes import LOG
from .speed import SpeedReport
from .torch_ranks import TorchReport

LOG_LINES = 12


def counted(number: int, thing: str) -> str:
    """A number of things, in words."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


_Document = TypeVar("_Document", bound=BaseModel)


@dataclass(frozen=True)
class Evidence:
    """What is in the folder of a probe that has ended.

    Attributes
    ----------
    shape
        The block; None on this machine.
    versions
        Versions of the packages of the manager.
    """

    site: Site
    pool: Pool
    shape: BlockShape | None
    order: Order
    folder: Path
    versions: dict[str, str]

    @property
    def is_done(self) -> bool:
        """Whether all steps were run."""
        return (self.folder / DONE).exists()

    @property
    def node_count(self) -> int:
        """Nodes that were asked for."""
        return self.shape.nodes_per_block if self.shape else 1

    @cached_property
    def nodes(self) -> list[NodeReport]:
        """Reports of all nodes that left one."""
        return [
            NodeReport.model_validate_json(path.read_text())
            for path in sorted(self.folder.glob(f"{probe.REPORT}*.json"))
        ]

    @cached_property
    def speeds(self) -> list[SpeedReport]:
        """Speeds of all nodes that measured them."""
        return [
            SpeedReport.model_validate_json(path.read_text())
            for path in sorted(self.folder.glob(f"{speed.REPORT}*.json"))
        ]

    @property
    def mpi(self) -> MpiReport | None:
        """What the processes of an MPI program found."""
        return self._read(mpi_ranks.REPORT, MpiReport)

    @property
    def torch(self) -> TorchReport | None:
        """What the processes of a training found."""
        return self._read(torch_ranks.REPORT, TorchReport)

    def has_step(self, name: str) -> bool:
        """Whether the probe was told to do this."""
        return any(step.name == name for step in self.order.steps)

    def failure_of(self, name: str) -> str:
        """Why a step brought nothing back, with the end of what it printed."""
        ending = self._read(f"step-{name}.json", StepEnding)
        if ending is None:
            return f"the job ended before; {self._end_of(LOG)}"
        if ending.status is None:
            how = f"ended after {ending.seconds:.0f} s"
        else:
            how = f"exit status {ending.status}"
        return f"{how}; {self._end_of(f'step-{name}.log')}"

    @property
    def last_words(self) -> str:
        """End of what the job printed."""
        return self._end_of(LOG)

    def _end_of(self, name: str) -> str:
        try:
            lines = (self.folder / name).read_text(errors="replace").strip().splitlines()
        except OSError:
            return f"there is no {name}"
        return "\n".join(["it printed:", *lines[-LOG_LINES:]]) if lines else "it printed nothing"

    def _read(self, name: str, kind: type[_Document]) -> _Document | None:
        path = self.folder / name
        return kind.model_validate_json(path.read_text()) if path.exists() else None
