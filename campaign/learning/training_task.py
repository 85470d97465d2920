"""Training one member of a committee: a task whose worker starts processes and watches them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

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
from ...site_configs.launch import (
    find_program,
    launch_environment,
    nodes_answer,
    nodes_ever_answered,
)
from ..launched import ending_with_me, last_words, launched
from ..layout import Layout
from ..tasks import Try
from .learning_try import LearningTry, LeftEarlyError, NodesLostError
from .rendezvous import rendezvous

POLL_SECONDS = 0.1
GRACE_SECONDS = 60.0
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
    processes, nodes
        How many train it together, and on how many nodes.
    urgency
        0 if the loop waits for it.
    launch
        Command that starts the processes of a program, which is to follow, on several nodes.
    interface
        Network interface by which nodes reach each other.
    """

    directory: str
    title: str
    member: dict[str, Any]
    processes: int
    nodes: int = 1
    urgency: int = 0
    launch: list[str] = field(default_factory=list)
    interface: str | None = None
    pool: ClassVar[str] = "training"

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
    start_seconds = 10.0

    @cached_property
    def scratch(self) -> Path:
        """Directory of this try."""
        return self.layout.training / f"{self.task.key}.{self.attempt.token}"

    @property
    def log(self) -> Path:
        """Whatever the processes print."""
        return self.scratch / "log"

    def work(self) -> None:
        """Train the member on a data set that is sound, unless that is done already."""
        if self.task.output.exists():
            return
        Profiles.load(self.task.data)
        self.when_space_allows(self._write_job)
        if self.task.launch:
            nodes_ever_answered()
        with launched(self._command(), self.log, self._environment()) as launcher:
            self._watch(launcher)
        if launcher.returncode != 0:
            raise self._failure(launcher.returncode)
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
            deadline=self.deadline.at,
        )
        self.scratch.mkdir(exist_ok=True)
        self.log.touch()
        job.save(self.scratch / "job.json")

    def _checkpoints(self) -> list[Path]:
        return sorted(self.layout.training.glob(f"{self.task.key}.*.safetensors"))

    def _command(self) -> list[str]:
        """Torchrun on this node, or a step over the nodes of the block."""
        job = str(self.scratch / "job.json")
        if not self.task.launch:
            program = [sys.executable, "-m", "perrin.campaign.learning.torchrun"]
            return [*program, str(os.getpid()), str(self.task.processes), job]
        launcher, *options = self.task.launch
        program = [sys.executable, "-m", "perrin.ml.train_member", job]
        return ending_with_me([find_program(launcher), *options, *program])

    def _environment(self) -> dict[str, str]:
        inherited, place = dict(os.environ), {}
        if self.task.launch:
            inherited = launch_environment(self.task.launch)
            place = rendezvous(self.task.interface, self.task.nodes, self.task.processes)
        return {"OMP_NUM_THREADS": "1", **inherited, **KEEP_MEMORY, **place}

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

    def _failure(self, status: int) -> Exception:
        """What to make of processes that ended without a trained member."""
        if self.task.launch and not nodes_answer():
            return NodesLostError()
        with suppress(FileNotFoundError):
            if failure := (self.scratch / FAILURE_FILE).read_text():
                return TrainingFailedError(failure)
        return TrainingFailedError(f"exit status {status}; {last_words(self.log)}")

    def _clean_up(self) -> None:
        for path in self._checkpoints():
            path.unlink(missing_ok=True)
        shutil.rmtree(self.scratch, ignore_errors=True)
