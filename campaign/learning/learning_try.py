"""What every try of a learning task does: claim it, report progress, leave when asked to."""

from __future__ import annotations

import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from ... import PerrinError
from ...engines.seal import DamagedFileError
from ..claims import Claim
from ..deadline import Deadline, pause
from ..drain import drain_requested
from ..layout import Layout
from ..outcome import Outcome
from ..patience import when_space_allows
from ..processes import ProcessName
from ..tasks import Try

CLAIM_SECONDS = 1.0


class LeftEarlyError(PerrinError):
    """A try that was told to leave."""


class NodesLostError(PerrinError):
    """A try whose block has lost nodes."""


class LearningTry(ABC):
    """One attempt at a learning task, on a worker.

    Using
    -----
    ``run`` returns the outcome; whatever the try raises is the failure of its one member.

    Creating your own
    -----------------
    ``work`` publishes a file, calls ``report`` often, and raises `LeftEarlyError` when
    ``must_leave`` says so. It asks ``must_leave`` again and again, and not once all is done: what
    is done is published. Set ``start_seconds`` if nothing can be done in a shorter time.
    """

    start_seconds: ClassVar[float] = 0.0

    def __init__(self, attempt: Try) -> None:
        self.attempt = attempt
        self.task: Any = attempt.task
        self.layout = Layout(Path(self.task.directory))
        self.stages = {"started": time.time()}
        self.deadline = Deadline.of(attempt.deadline)
        self.asked = time.monotonic()
        self.claim = Claim(
            token=attempt.token,
            generation=attempt.generation,
            task=self.task.name,
            process=ProcessName.mine(),
            steps_done=0,
            steps_total=0,
            replicas_done=0,
            replicas_total=1,
            updated=0.0,
            title=self.task.title,
        )

    @abstractmethod
    def work(self) -> None:
        """Make and publish what the task is for."""

    def run(self) -> Outcome:
        """Claim the task and work on it."""
        if self.deadline.turns_away(self.start_seconds):
            return self._outcome("drained")
        try:
            return self._run_claimed()
        except NodesLostError:
            pause()
            return self._outcome("drained")

    def _run_claimed(self) -> Outcome:
        try:
            self.when_space_allows(lambda: self.claim.write(self.layout.claims))
            if self.must_leave() or not self.task.has_inputs:
                raise LeftEarlyError
            self.work()
        except LeftEarlyError:
            return self._outcome("drained")
        except NodesLostError:
            raise
        except DamagedFileError as error:
            return self._outcome("damaged", file=str(error.path))
        except Exception:
            return self._outcome("failed", failures={self.task.key: traceback.format_exc()})
        finally:
            self.claim.remove(self.layout.claims)
        self.stages["computed"] = self.stages["published"] = time.time()
        return self._outcome("published")

    def must_leave(self) -> bool:
        """Whether a drain was asked for, a newer manager took over, or the block is about to end.

        The next question is expected after as long a time as this one.
        """
        before, self.asked = self.asked, time.monotonic()
        late = self.deadline.forbids(1.5 * (self.asked - before))
        return late or drain_requested(self.layout.lease, self.attempt.generation)

    def when_space_allows(self, action: Callable[[], object]) -> None:
        """Do `action`, waiting while the disk is full."""
        if not when_space_allows(action, self.must_leave):
            raise LeftEarlyError

    def report(self, done: int, total: int) -> None:
        """Say how far the try is, once in a while."""
        self.claim.steps_done, self.claim.steps_total = done, total
        if time.time() - self.claim.updated > CLAIM_SECONDS:
            self.when_space_allows(lambda: self.claim.write(self.layout.claims))

    def _outcome(self, ending: str, **details: Any) -> Outcome:
        worker = {**self.claim.process.as_document(), "block": self.claim.block}
        return Outcome(ending, stages=self.stages, worker=worker, **details)
