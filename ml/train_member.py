"""The program that torchrun starts: `python -m perrin.ml.train_member JOB.json`."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import torch

from ..engines.orphans import end_with_parent
from .ranks import process_group
from .training import Training
from .training_job import TrainingJob

FAILURE_FILE = "failure"


def main() -> None:
    """Train the member that the job file describes; leave with its launcher."""
    end_with_parent(os.getppid())
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    job = TrainingJob.load(Path(sys.argv[1]))
    try:
        with process_group() as ranks:
            Training(job, ranks).run()
    except Exception:
        (Path(job.scratch) / FAILURE_FILE).write_text(traceback.format_exc())
        raise


if __name__ == "__main__":
    main()
