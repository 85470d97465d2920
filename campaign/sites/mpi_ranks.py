"""The program of every process of an MPI probe: ``python -m perrin.campaign.sites.mpi_ranks``.

mpiexec or srun starts it, as it does the groups of a campaign. Only such programs import MPI.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from .order import leave, node_name

REPORT = "mpi.json"


class MpiReport(BaseModel):
    """What the first process found.

    Attributes
    ----------
    size, nodes
        Number of processes, and names of their nodes.
    total
        Sum of the numbers of all processes.
    library
        What the MPI library calls itself.
    """

    model_config = ConfigDict(frozen=True)

    size: int
    nodes: list[str]
    total: int
    library: str


def main() -> None:
    """Sum over all processes; the first one leaves a report."""
    from mpi4py import MPI

    world = MPI.COMM_WORLD
    nodes = world.gather(node_name())
    total = world.allreduce(world.rank)
    if nodes is not None:
        library = " ".join(MPI.Get_library_version().strip("\0 \n").splitlines()[0].split())
        report = MpiReport(size=world.size, nodes=sorted(set(nodes)), total=total, library=library)
        leave(Path(sys.argv[1]), REPORT, report)


if __name__ == "__main__":
    main()
