"""Training one member of a committee: a task whose worker runs torchrun and watches over it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from ... import PerrinError
from ...engines.canonical import digest
from ...engines.durable import FULL_DISK
from ...engines.fingerprint import fingerprint
from ...ml.profiles import Profiles
from ...ml.training_job import (
    FAILURE_FILE,
    PROGRESS_FILE,
    STOP_FILE,
    TrainingJob,
    member_from,
)
from ..layout import Layout
from ..processes import ProcessName
from ..tasks import Try
from .learning_try import LearningTry, LeftEarlyError

POLL_SECONDS = 0.1
GRACE_SECONDS = 60.0
LOG_LINES = 30
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}
"""Dask's workers give freed memory back at once, and so would a training, hundreds of times a
second: half of its time went into page faults."""


class TrainingFailedError(PerrinError, RuntimeError):
    """Training processes that ended without a trained member."""


@dataclass(frozen=True)
class TrainingTask:
    """One member to train.

    Attributes
    ----------
    directory
        Root of the campaign's directory.
    title
        What to call it: round and member.
    member
        Document of the member, `ml.training_job.Member`.
    processes
        How many train it together.
    urgency
        0 if the loop waits for it.
    """

    directory: str
    title: str
    member: dict[str, Any]
    processes: int
    urgency: int = 0

    @property
    def key(self) -> str:
        """Identity of the trained member."""
        return digest(self.member)

    @property
    def keys(self) -> list[str]:
        """The one thing that it makes."""
        return [self.key]

    @property
    def output(self) -> Path:
        """What it publishes."""
        return Layout(Path(self.directory)).models / f"{self.key}.json"

    @property
    def has_inputs(self) -> bool:
        """Whether its data set is there."""
        return self.data.exists()

    @property
    def data(self) -> Path:
        """Its data set."""
        return Layout(Path(self.directory)).data_sets / f"{self.member['data']}.h5"

    @property
    def name(self) -> str:
        """Name of the task."""
        return f"train-{self.key[:16]}"

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`."""
        return cls(**document)


def run_training_try(text: str) -> dict[str, Any]:
    """Run a serialised try of a training; the function that executors call."""
    return TrainingTry(Try.from_json(text, TrainingTask)).run().as_document()


class TrainingTry(LearningTry):
    """Starts the processes of a training, passes on their progress, and has them leave in time."""

    task: TrainingTask

    @cached_property
    def scratch(self) -> Path:
        """Directory of this try."""
        return self.layout.training / f"{self.task.key}.{self.attempt.token}"

    def work(self) -> None:
        """Train the member on a data set that is sound, unless that is done already."""
        if self.task.output.exists():
            return
        Profiles.load(self.task.data)
        self.when_space_allows(self._write_job)
        with self._processes() as launcher:
            self._watch(launcher)
        if launcher.returncode != 0:
            raise TrainingFailedError(self._last_words(launcher.returncode))
        if not self.task.output.exists():
            raise LeftEarlyError
        self._clean_up()

    def _write_job(self) -> None:
        settings = self.task.member["settings"] | {"processes": self.task.processes}
        member = member_from(self.task.member | {"settings": settings})
        job = TrainingJob(
            member=member,
            data=str(self.layout.data_sets / f"{member.data}.h5"),
            output=str(self.task.output),
            checkpoint=f"{self.scratch}.safetensors",
            resume=tuple(str(path) for path in self._checkpoints()),
            scratch=str(self.scratch),
            token=self.attempt.token,
            fingerprint=digest(fingerprint(), 16),
            deadline=self.attempt.deadline,
        )
        self.scratch.mkdir(exist_ok=True)
        (self.scratch / "log").touch()
        job.save(self.scratch / "job.json")

    def _checkpoints(self) -> list[Path]:
        return sorted(self.layout.training.glob(f"{self.task.key}.*.safetensors"))

    @contextmanager
    def _processes(self) -> Iterator[subprocess.Popen[bytes]]:
        """Processes of the training; none is left when this ends, however it ends."""
        program = [sys.executable, "-m", "perrin.campaign.learning.torchrun", str(os.getpid())]
        environment = {"OMP_NUM_THREADS": "1", **os.environ, **KEEP_MEMORY}
        with (self.scratch / "log").open("ab") as log:
            launcher = subprocess.Popen(
                [*program, str(self.task.processes), str(self.scratch / "job.json")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        try:
            yield launcher
        finally:
            if launcher.poll() is None:
                ProcessName.of(launcher.pid).kill_tree()
                launcher.wait()

    def _watch(self, launcher: subprocess.Popen[bytes]) -> None:
        leaving = None
        while launcher.poll() is None:
            with suppress(OSError, ValueError):
                progress = json.loads((self.scratch / PROGRESS_FILE).read_text())
                self.report(progress["steps_done"], progress["steps_total"])
            if leaving is None and self.must_leave():
                leaving = time.monotonic()
            if leaving is not None:
                self._ask_to_stop()
                if time.monotonic() - leaving > GRACE_SECONDS:
                    raise LeftEarlyError
            time.sleep(POLL_SECONDS)

    def _ask_to_stop(self) -> None:
        """Have the processes leave; on a full disk, at the next attempt."""
        try:
            (self.scratch / STOP_FILE).touch()
        except OSError as error:
            if error.errno not in FULL_DISK:
                raise

    def _last_words(self, status: int) -> str:
        with suppress(FileNotFoundError):
            if failure := (self.scratch / FAILURE_FILE).read_text():
                return failure
        lines = (self.scratch / "log").read_text(errors="replace").splitlines()
        return f"exit status {status}; the log ends\n" + "\n".join(lines[-LOG_LINES:])

    def _clean_up(self) -> None:
        for path in self._checkpoints():
            path.unlink(missing_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
