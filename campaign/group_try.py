"""A try that an MPI group computes, as seen by the worker that starts the group."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import PerrinError
from ..engines.durable import write_text
from ..site_configs.launch import find_program, launch_environment, nodes_answer
from .deadline import Deadline, estimated_need, pause
from .drain import drain_requested
from .launched import ending_with_me, last_words, launched
from .layout import Layout
from .outcome import Outcome
from .patience import when_space_allows
from .processes import ProcessName
from .tasks import Task, Try

POLL_SECONDS = 0.05
START_SECONDS = 10.0
LONGEST_START_SECONDS = 600.0


class GroupError(PerrinError, RuntimeError):
    """A group that ended by an exception of its first process, or never began."""


@dataclass(frozen=True)
class GroupOrder:
    """What a group is told, and the files by which it answers.

    Attributes
    ----------
    scratch
        Directory of the group; the order itself is withdrawn by removing it.
    attempt
        The serialised try.
    worker
        The worker, as a document.
    """

    scratch: str
    attempt: str
    worker: dict[str, Any]

    @property
    def path(self) -> Path:
        """The order itself."""
        return Path(self.scratch) / "order.json"

    @property
    def outcome(self) -> Path:
        """What became of the try."""
        return Path(self.scratch) / "outcome.json"

    @property
    def failure(self) -> Path:
        """Traceback of the first process."""
        return Path(self.scratch) / "failure"

    @property
    def log(self) -> Path:
        """Whatever the processes print."""
        return Path(self.scratch) / "log"

    def save(self) -> None:
        """Write it, complete or not at all."""
        Path(self.scratch).mkdir(parents=True, exist_ok=True)
        self.log.touch()
        write_text(self.path, json.dumps(asdict(self)), "order")

    @classmethod
    def load(cls, path: Path) -> GroupOrder:
        """Read what `save` wrote."""
        return cls(**json.loads(path.read_text()))


class GroupTry:
    """Starts a group, waits for it, and says what became of the try."""

    def __init__(self, attempt: Try) -> None:
        self.attempt = attempt
        self.task: Task = attempt.task
        self.layout = Layout(Path(self.task.directory))
        self.deadline = Deadline.of(attempt.deadline)
        self.claim = self.layout.claims / f"{attempt.token}.json"
        self.stages = {"started": time.time()}
        self.process = ProcessName.mine()
        self.order = GroupOrder(
            str(self.layout.groups / attempt.token), attempt.to_json(), self.process.as_document()
        )

    def run(self) -> Outcome:
        """Have the group bring the task as far as it can."""
        if self.deadline.turns_away(START_SECONDS + estimated_need(self.task.segment_seconds)):
            return self._outcome("drained")
        try:
            if not when_space_allows(self.order.save, self._must_leave):
                return self._outcome("drained")
            return self._outcome_of(self._launch())
        finally:
            shutil.rmtree(self.order.scratch, ignore_errors=True)

    def _launch(self) -> int:
        program, *options = self.task.launch
        command = [find_program(program), *options]
        command += [sys.executable, "-m", "perrin.campaign.mpi_group", str(self.order.path)]
        try:
            environment = launch_environment(command)
            with launched(ending_with_me(command), self.order.log, environment) as launcher:
                self._watch(launcher)
        finally:
            self.claim.unlink(missing_ok=True)
        return launcher.returncode

    def _watch(self, launcher: subprocess.Popen[bytes]) -> None:
        """Wait for the end; the first process obeys drains and deadlines."""
        began, has_begun = time.monotonic(), False
        while launcher.poll() is None:
            has_begun = has_begun or self.claim.exists()
            if not has_begun and time.monotonic() - began > LONGEST_START_SECONDS:
                raise GroupError(
                    f"a group did not begin within {LONGEST_START_SECONDS:.0f} s of its start; "
                    + last_words(self.order.log)
                )
            time.sleep(POLL_SECONDS)

    def _outcome_of(self, status: int) -> Outcome:
        """What the first process says; else it left early (0), or a process died."""
        with suppress(FileNotFoundError):
            return Outcome.from_document(json.loads(self.order.outcome.read_text()))
        with suppress(FileNotFoundError):
            raise GroupError(self.order.failure.read_text())
        if status == 0:
            return self._outcome("drained")
        if not nodes_answer():
            pause()
            return self._outcome("drained")
        words = last_words(self.order.log)
        return self._outcome("crashed", reason=f"a group ended with exit status {status}; {words}")

    def _must_leave(self) -> bool:
        late = self.deadline.forbids(0.0)
        return late or drain_requested(self.layout.lease, self.attempt.generation)

    def _outcome(self, ending: str, **details: Any) -> Outcome:
        worker = {**self.process.as_document(), "block": os.environ.get("SLURM_JOB_ID")}
        return Outcome(ending, stages=self.stages, worker=worker, **details)
