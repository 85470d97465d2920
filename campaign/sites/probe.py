"""What a probe runs on every node: ``python -m perrin.campaign.sites.probe FOLDER``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict

from ...engines.fingerprint import fingerprint
from .environment import GpuReport, cores, gpus, processor_name, versions
from .exchange import ExchangeReport, ask
from .network import addresses, reachable
from .order import Order, leave, node_name
from .shared_files import FileReport, try_files

REPORT = "node-"


class NodeReport(BaseModel):
    """What one node found.

    Attributes
    ----------
    fingerprint
        What decides the last bits there.
    cores, memory_gb
        Cores that a worker may use, and memory of the node.
    interfaces
        Its network interfaces.
    reached
        Interfaces of the manager that it reaches.
    scratch, scratch_gb
        Where temporary files go, and how much room is there.
    scratch_is_given
        Whether that is where the site wants them.
    gpus
        None if none were asked for.
    """

    model_config = ConfigDict(frozen=True)

    node: str
    versions: dict[str, str]
    processor: str
    fingerprint: str
    cores: int
    memory_gb: float
    interfaces: list[str]
    reached: list[str]
    scratch: str
    scratch_gb: float
    scratch_is_given: bool
    files: FileReport
    exchange: ExchangeReport
    gpus: GpuReport | None


def look_around(order: Order, folder: Path) -> NodeReport:
    """Look at everything but the speed."""
    node, scratch = node_name(), tempfile.gettempdir()
    return NodeReport(
        node=node,
        versions=versions(),
        processor=processor_name(),
        fingerprint=fingerprint(),
        cores=cores(),
        memory_gb=psutil.virtual_memory().total / 1e9,
        interfaces=list(addresses()),
        reached=reachable(order.addresses, order.port, order.token),
        scratch=scratch,
        scratch_gb=shutil.disk_usage(scratch).free / 1e9,
        scratch_is_given=scratch == os.path.expandvars(order.scratch or scratch),
        files=try_files(folder / f"files-{node}"),
        exchange=ask(folder, node),
        gpus=gpus() if order.gpus else None,
    )


def main() -> None:
    """Look around, and leave a report."""
    folder = Path(sys.argv[1])
    report = look_around(Order.load(folder), folder)
    leave(folder, f"{REPORT}{report.node}.json", report)


if __name__ == "__main__":
    main()
