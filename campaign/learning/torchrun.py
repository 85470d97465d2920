"""torchrun for one member, made to end with the worker that started it."""

from __future__ import annotations

import os
import runpy
import sys

from ...engines.orphans import end_with_parent


def main() -> None:
    """Start `processes` copies of the training program: arguments are their number and the job."""
    end_with_parent(os.getppid())
    processes, job = sys.argv[1:]
    # All processes are on this host: by way of the loopback gloo takes half the time.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    sys.argv = ["torchrun", "--standalone", f"--nproc-per-node={processes}", "--max-restarts=0"]
    sys.argv += ["-m", "perrin.ml.train_member", job]
    runpy.run_module("torch.distributed.run", run_name="__main__")


if __name__ == "__main__":
    main()
