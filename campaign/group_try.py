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
from ..site_configs.launch import (
    find_program,
    launch_environment,
    nodes_answer,
    nodes_ever_answered,
)
from ..site_configs.site import SiteError
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
GRACE_SECONDS = 60.0
GRACE_SEGMENTS = 5
LAST_SECONDS = 2.0


class GroupError(PerrinError, RuntimeError):
    """A group that ended by an exception of its first process."""


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
        self.has_begun = False
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
            return self._launch()
        except SiteError as error:
            pause()
            return self._outcome("unlaunched", reason=str(error))
        finally:
            shutil.rmtree(self.order.scratch, ignore_errors=True)

    def _launch(self) -> Outcome:
        """Start the group and see it to its end."""
        program, *options = self.task.launch
        command = [find_program(program), *options]
        command += [sys.executable, "-m", "perrin.campaign.mpi_group", str(self.order.path)]
        nodes_ever_answered()
        try:
            environment = launch_environment(command)
            with launched(ending_with_me(command), self.order.log, environment) as launcher:
                has_ended = self._watch(launcher)
            self._look_for_claim()
        finally:
            self.claim.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            return Outcome.from_document(json.loads(self.order.outcome.read_text()))
        if has_ended:
            return self._outcome_of(launcher.returncode)
        if self._must_leave():
            return self._outcome("drained")
        return self._unlaunched(f"took longer than {LONGEST_START_SECONDS:.0f} s")

    def _watch(self, launcher: subprocess.Popen[bytes]) -> bool:
        """Wait for the end; False if the group takes too long to begin, or to leave.

        The first process obeys drains and deadlines, unless the group hangs.
        """
        began, until = time.monotonic(), None
        while launcher.poll() is None:
            self._look_for_claim()
            now = time.monotonic()
            if not self.has_begun and now - began > LONGEST_START_SECONDS:
                return False
            if until is None and self._must_leave():
                until = now + self._grace()
            if until is not None and now > until:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def _look_for_claim(self) -> None:
        self.has_begun = self.has_begun or self.claim.exists()

    def _grace(self) -> float:
        """How long the group may take to leave, in seconds: less if the block ends before."""
        grace = max(GRACE_SECONDS, GRACE_SEGMENTS * self.task.segment_seconds)
        if self.deadline.at is None:
            return grace
        return min(grace, self.deadline.at - time.time() - LAST_SECONDS)

    def _outcome_of(self, status: int) -> Outcome:
        """What to make of a group that did not answer: it left early (0), or a process died."""
        if status == 0:
            return self._outcome("drained")
        if not nodes_answer():
            pause()
            return self._outcome("drained")
        with suppress(FileNotFoundError):
            raise GroupError(self.order.failure.read_text())
        how = f"ended with exit status {status}"
        if not self.has_begun:
            return self._unlaunched(how)
        words = last_words(self.order.log)
        return self._outcome("crashed", reason=f"a group {how}; {words}")

    def _unlaunched(self, how: str) -> Outcome:
        pause()
        words = last_words(self.order.log)
        return self._outcome("unlaunched", reason=f"it {how} and did not begin; {words}")

    def _must_leave(self) -> bool:
        late = self.deadline.forbids(0.0)
        return late or drain_requested(self.layout.lease, self.attempt.generation)

    def _outcome(self, ending: str, **details: Any) -> Outcome:
        worker = {**self.process.as_document(), "block": os.environ.get("SLURM_JOB_ID")}
        return Outcome(ending, stages=self.stages, worker=worker, **details)
