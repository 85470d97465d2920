"""torchrun for one member, made to end with the worker that started it.

``python -m perrin.campaign.learning.torchrun PARENT PROCESSES JOB``: the process id of the worker,
how many processes train, and the job file.
"""

from __future__ import annotations

import os
import runpy
import sys

from ...engines.orphans import end_with_parent
from ...ml.train_member import LAUNCHER_VARIABLE


def main() -> None:
    """Start the processes, unless nobody waits for them any more."""
    parent, processes, job = sys.argv[1:]
    end_with_parent(int(parent))
    os.environ[LAUNCHER_VARIABLE] = str(os.getpid())
    # All processes are on this host: by way of the loopback gloo takes half the time.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    sys.argv = ["torchrun", "--standalone", f"--nproc-per-node={processes}", "--max-restarts=0"]
    sys.argv += ["-m", "perrin.ml.train_member", job]
    runpy.run_module("torch.distributed.run", run_name="__main__")


if __name__ == "__main__":
    main()
