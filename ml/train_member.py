"""The program that torchrun or srun starts: `python -m perrin.ml.train_member JOB.json`."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..engines.orphans import end_with_parent
from .training_job import FAILURE_FILE, TrainingJob

LAUNCHER_VARIABLE = "PERRIN_LAUNCHER"
"""Environment variable with the process id of who started this program."""


def main() -> None:
    """Train the member that the job file describes; leave with its launcher."""
    # Before torch is imported: that takes seconds, in which the launcher may end.
    end_with_parent(int(os.environ.get(LAUNCHER_VARIABLE, os.getppid())))
    job = TrainingJob.load(Path(sys.argv[1]))
    with _failure_noted(job):
        _train(job)


def _train(job: TrainingJob) -> None:
    from .ranks import process_group
    from .training import Training

    _make_deterministic()
    # The cause is noted before the other processes notice that this one left.
    with process_group() as ranks, _failure_noted(job):
        Training(job, ranks).run()


def _make_deterministic() -> None:
    """Equal bits on equal processes, and float32 that is float32 on every GPU."""
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


@contextmanager
def _failure_noted(job: TrainingJob) -> Iterator[None]:
    """Leave the traceback of an error to the worker; of all processes, the first one counts."""
    try:
        yield
    except Exception:
        with suppress(OSError), (Path(job.scratch) / FAILURE_FILE).open("x") as file:
            file.write(traceback.format_exc())
        raise


if __name__ == "__main__":
    main()
