"""The program of every process of a training probe: `python -m perrin.campaign.sites.torch_ranks`.

torchrun or srun starts it, as it does the processes of a training.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ...ml.ranks import process_group
from .order import leave, node_name

REPORT = "torch.json"


class TorchReport(BaseModel):
    """What the first process found.

    Attributes
    ----------
    size, nodes, devices
        Number of processes, names of their nodes, and models of their GPUs.
    total
        Sum of one number of each process.
    backend
        What carried the messages.
    """

    model_config = ConfigDict(frozen=True)

    size: int
    nodes: list[str]
    devices: list[str]
    total: int
    backend: str


def main() -> None:
    """Sum over all processes; the first one leaves a report."""
    with process_group() as ranks:
        total = round(ranks.sum(ranks.rank))
        nodes, devices = ranks.gather(node_name()), ranks.gather(ranks.device_name)
        if ranks.is_first:
            report = TorchReport(
                size=ranks.size,
                nodes=sorted(set(nodes)),
                devices=sorted(set(devices)),
                total=total,
                backend=ranks.backend,
            )
            leave(Path(sys.argv[1]), REPORT, report)


if __name__ == "__main__":
    main()
