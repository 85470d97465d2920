"""What a worker does with a try: advance, checkpoint, publish.

Everything a worker needs comes in the try and everything it learns goes to files, so that a
manager may die at any instant and a worker too.
"""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..engines.canonical import digest
from ..engines.durable import publish, replace, temporary_name
from ..engines.ensemble import ReplicaRecord, Row, Run, write_ensemble
from ..engines.provenance import provenance
from .claims import Claim
from .crew import Crew, Threads
from .deadline import Deadline, estimated_need
from .drain import drain_requested
from .group_try import GroupTry
from .layout import Layout
from .outcome import Outcome
from .patience import when_space_allows
from .processes import ProcessName
from .segments import Segment, Segments
from .sources import SourceGoneError, load_records
from .tasks import Task, Try

FINGERPRINT_DIGITS = 16
MOST_SECONDS_AT_STAKE = 10.0


def run_try(text: str) -> dict[str, Any]:
    """Run a serialised `Try` to its end; the function that executors call."""
    attempt = Try.from_json(text)
    if attempt.task.ranks > 1:
        return GroupTry(attempt).run().as_document()
    segments = Segments(attempt.task)
    crew = Threads(segments, attempt.task.threads)
    return SimulationTry(attempt, segments, crew, ProcessName.mine()).run().as_document()


class SimulationTry:
    """One attempt at a task.

    Parameters
    ----------
    attempt
        The try.
    segments
        Engines of its task.
    crew
        Who computes.
    process
        The worker, whose end is the end of the try.
    """

    def __init__(self, attempt: Try, segments: Segments, crew: Crew, process: ProcessName) -> None:
        self.attempt, self.segments, self.crew = attempt, segments, crew
        self.task: Task = attempt.task
        self.layout = Layout(Path(self.task.directory))
        self.deadline = Deadline.of(attempt.deadline)
        self.checkpoint = self.layout.checkpoints / f"{attempt.token}.h5"
        self.failures: dict[str, str] = {}
        self.segment_seconds = self.unsaved_seconds = 0.0
        self.stages = {"started": time.time()}
        self.claim = Claim(
            token=attempt.token,
            generation=attempt.generation,
            task=self.task.name,
            process=process,
            steps_done=0,
            steps_total=0,
            replicas_done=0,
            replicas_total=len(self.task.replicas),
            updated=0.0,
        )

    def run(self) -> Outcome:
        """Claim the task and bring it as far as deadline and drain flag allow."""
        if self.deadline.turns_away(estimated_need(self.task.segment_seconds)):
            return self._outcome("drained")
        try:
            claimed = self._when_space_allows(lambda: self.claim.write(self.layout.claims))
            if not claimed or self.must_leave():
                return self._outcome("drained")
            self.records, self.fingerprints = load_records(self.task)
            return self._work()
        except SourceGoneError as error:
            return self._outcome("drained", reason=str(error))
        finally:
            self.claim.remove(self.layout.claims)

    def _work(self) -> Outcome:
        waiting = deque(self._unfinished())
        while waiting:
            if self.must_leave(self.segment_seconds):
                if self.unsaved_seconds:
                    self._when_space_allows(self._write_checkpoint)
                return self._outcome("drained")
            members = [waiting.popleft() for _ in range(min(self.crew.size, len(waiting)))]
            began = time.monotonic()
            self._advance(members)
            self.unsaved_seconds += time.monotonic() - began
            begun = [record for record in members if self._is_unfinished(record)]
            waiting.extendleft(reversed(begun))
            saves = self._must_save(begun)
            if saves and not self._when_space_allows(self._write_checkpoint):
                return self._outcome("drained")
            elapsed = time.monotonic() - began
            self.segment_seconds = elapsed if saves else max(self.segment_seconds, elapsed)
        self.stages["computed"] = time.time()
        if not self._healthy():
            return self._outcome("failed")
        return self._publish()

    def _healthy(self) -> list[ReplicaRecord]:
        return [record for key, record in self.records.items() if key not in self.failures]

    def _must_save(self, begun: list[ReplicaRecord]) -> bool:
        """Whether a checkpoint is due: never is more at stake than one segment of a replica.

        Replicas that are shorter than a segment share one.
        """
        at_stake = min(self.task.segment_seconds, MOST_SECONDS_AT_STAKE)
        return bool(begun) or self.unsaved_seconds >= at_stake

    def _unfinished(self) -> list[ReplicaRecord]:
        return [record for record in self.records.values() if self._is_unfinished(record)]

    def _is_unfinished(self, record: ReplicaRecord) -> bool:
        is_whole = record.state.step >= self.segments.engine(record).total_steps
        return not is_whole and record.key not in self.failures

    def _advance(self, members: list[ReplicaRecord]) -> None:
        for record, segment in zip(members, self.crew.compute(members), strict=True):
            if segment.failure:
                self.failures[record.key] = segment.failure
            else:
                self._take(record, segment)

    def _take(self, record: ReplicaRecord, segment: Segment) -> None:
        run = self._current_run(record, segment)
        record.state = segment.state
        run.last_step = segment.state.step
        run.wall_seconds += segment.wall_seconds
        run.cpu_seconds += segment.cpu_seconds

    def _current_run(self, record: ReplicaRecord, segment: Segment) -> Run:
        """Steps of this try under one fingerprint on one host; a group may have several."""
        name = digest(segment.fingerprint, FINGERPRINT_DIGITS)
        self.fingerprints[name] = segment.fingerprint
        here = (self.attempt.token, name, segment.host)
        last = record.runs[-1] if record.runs else None
        if last is None or (last.token, last.fingerprint, last.host) != here:
            first = record.state.step
            last = Run(self.attempt.token, first, first, name, segment.host, 0.0, 0.0)
            record.runs.append(last)
        return last

    def _write_checkpoint(self) -> None:
        started = [record for record in self.records.values() if record.runs]
        if started:
            temporary = temporary_name(self.checkpoint, self.attempt.token)
            self._write(temporary, started)
            replace(temporary, self.checkpoint)
        self.unsaved_seconds = 0.0
        self._report_progress()

    def _report_progress(self) -> None:
        records = list(self.records.values())
        self.claim.steps_done = sum(record.state.step for record in records)
        self.claim.steps_total = sum(self.segments.engine(record).total_steps for record in records)
        self.claim.replicas_done = len(self._healthy()) - len(self._unfinished())
        self.claim.write(self.layout.claims)

    def _write(self, path: Path, records: list[ReplicaRecord]) -> tuple[str, list[Row]]:
        try:
            return write_ensemble(
                path,
                records,
                sampling=self.task.sampling,
                engines=self.segments.engines,
                provenance={
                    **provenance(),
                    "fingerprints": self.fingerprints,
                    "task": self.task.name,
                    "token": self.attempt.token,
                },
            )
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _publish(self) -> Outcome:
        path = self.layout.results / f"{self._file_name()}.h5"
        outcome = self._outcome("published", file=path.name)

        def write() -> None:
            temporary = temporary_name(path, self.attempt.token)
            outcome.digest, outcome.rows = self._write(temporary, self._healthy())
            outcome.size = temporary.stat().st_size
            if not publish(temporary, path):
                outcome.digest, outcome.rows = "", []

        if not self._when_space_allows(write):
            return self._outcome("drained")
        if not self.failures:
            self.checkpoint.unlink(missing_ok=True)
        outcome.stages["published"] = time.time()
        return outcome

    def _file_name(self) -> str:
        if not self.failures:
            return self.task.name
        healthy = [(r.physics.state_point_hash, r.replica) for r in self._healthy()]
        return dataclasses.replace(self.task, replicas=healthy).name

    def must_leave(self, segment_seconds: float = 0.0) -> bool:
        """Whether to checkpoint and leave now; the next segment takes as long as the last one."""
        late = self.deadline.forbids(1.5 * segment_seconds)
        return late or drain_requested(self.layout.lease, self.attempt.generation)

    def _when_space_allows(self, action: Callable[[], None]) -> bool:
        return when_space_allows(action, self.must_leave)

    def _outcome(self, ending: str, **details: Any) -> Outcome:
        return Outcome(
            ending,
            failures=dict(self.failures),
            stages=self.stages,
            worker={**self.claim.process.as_document(), "block": self.claim.block},
            **details,
        )
