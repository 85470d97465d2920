"""What a worker does with a try: advance, checkpoint, publish.

Everything a worker needs comes in the try and everything it learns goes to files, so that a
manager may die at any instant and a worker too.
"""

from __future__ import annotations

import copy
import dataclasses
import os
import socket
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.random import SeedSequence

from ..engines.canonical import digest
from ..engines.durable import publish, replace, temporary_name
from ..engines.engine import Engine
from ..engines.ensemble import ReplicaRecord, Row, Run, write_ensemble
from ..engines.fingerprint import fingerprint
from ..engines.identity import Physics
from ..engines.provenance import provenance
from ..engines.randomness import replica_seed
from ..engines.registry import ENGINES
from .claims import Claim
from .drain import drain_requested
from .layout import Layout
from .outcome import Outcome
from .patience import when_space_allows
from .processes import ProcessName
from .sources import load_records
from .tasks import Task, Try

CHECKPOINT_MARGIN_SECONDS = 5.0
FINGERPRINT_DIGITS = 16


def run_try(text: str) -> dict[str, Any]:
    """Run a serialised `Try` to its end; the function that executors call."""
    return _TryRun(Try.from_json(text)).run().as_document()


def make_engine(physics: Physics, sampling: dict[str, Any]) -> Engine:
    """Build the engine of a state point from its documents."""
    kind = ENGINES[physics.engine]
    settings = {name: value for name, value in sampling.items() if name != "statistics_version"}
    return kind(
        kind.Parameters.model_validate(physics.state_point),
        kind.Dynamics.model_validate(physics.dynamics),
        kind.Sampling.model_validate(settings),
    )


class _TryRun:
    def __init__(self, attempt: Try) -> None:
        self.attempt = attempt
        self.task: Task = attempt.task
        self.layout = Layout(Path(self.task.directory))
        self.checkpoint = self.layout.checkpoints / f"{attempt.token}.h5"
        self.fingerprint = digest(fingerprint(), FINGERPRINT_DIGITS)
        self.failures: dict[str, str] = {}
        self.stages = {"started": time.time()}
        self.claim = Claim(
            token=attempt.token,
            generation=attempt.generation,
            task=self.task.name,
            process=ProcessName.mine(),
            steps_done=0,
            steps_total=0,
            replicas_done=0,
            replicas_total=len(self.task.replicas),
            updated=0.0,
        )

    @cached_property
    def engines(self) -> dict[str, Engine]:
        """One engine per state point."""
        return {
            name: make_engine(Physics(**document), self.task.sampling)
            for name, document in self.task.physics.items()
        }

    def run(self) -> Outcome:
        """Claim the task and bring it as far as deadline and drain flag allow."""
        try:
            claimed = self._when_space_allows(lambda: self.claim.write(self.layout.claims))
            if not claimed or self._must_leave():
                return self._outcome("drained")
            self.records, self.fingerprints = load_records(self.task)
            self.fingerprints[self.fingerprint] = fingerprint()
            return self._work()
        finally:
            self.claim.remove(self.layout.claims)

    def _work(self) -> Outcome:
        segment_seconds = 0.0
        while members := self._unfinished()[: self.task.threads]:
            if self._must_leave(segment_seconds):
                return self._outcome("drained")
            began = time.monotonic()
            self._advance(members)
            if not self._when_space_allows(self._write_checkpoint):
                return self._outcome("drained")
            segment_seconds = time.monotonic() - began
        self.stages["computed"] = time.time()
        if not self._healthy():
            return self._outcome("failed")
        return self._publish()

    def _healthy(self) -> list[ReplicaRecord]:
        return [record for key, record in self.records.items() if key not in self.failures]

    def _unfinished(self) -> list[ReplicaRecord]:
        return [
            record
            for record in self._healthy()
            if record.state.step < self._engine(record).total_steps
        ]

    def _engine(self, record: ReplicaRecord) -> Engine:
        return self.engines[record.physics.state_point_hash]

    def _advance(self, members: list[ReplicaRecord]) -> None:
        if len(members) == 1:
            self._advance_one(members[0])
            return
        with ThreadPoolExecutor(len(members)) as pool:
            list(pool.map(self._advance_one, members))

    def _advance_one(self, record: ReplicaRecord) -> None:
        engine, first = self._engine(record), record.state.step
        segment = self.task.segment_steps
        until = min((first // segment + 1) * segment, engine.total_steps)
        wall, cpu = time.monotonic(), time.thread_time()
        before = copy.deepcopy(record.state)
        try:
            if not record.state.dynamics:
                record.state = engine.start(_seed(record))
            engine.advance(record.state, until)
        except Exception:
            record.state = before
            self.failures[record.key] = traceback.format_exc()
            return
        run = self._current_run(record, first)
        run.last_step = record.state.step
        run.wall_seconds += time.monotonic() - wall
        run.cpu_seconds += time.thread_time() - cpu

    def _current_run(self, record: ReplicaRecord, first_step: int) -> Run:
        if not record.runs or record.runs[-1].token != self.attempt.token:
            host, token = socket.gethostname(), self.attempt.token
            run = Run(token, first_step, first_step, self.fingerprint, host, 0.0, 0.0)
            record.runs.append(run)
        return record.runs[-1]

    def _write_checkpoint(self) -> None:
        started = [record for record in self.records.values() if record.runs]
        if started:
            temporary = temporary_name(self.checkpoint, self.attempt.token)
            self._write(temporary, started)
            replace(temporary, self.checkpoint)
        self._report_progress()

    def _report_progress(self) -> None:
        records = list(self.records.values())
        self.claim.steps_done = sum(record.state.step for record in records)
        self.claim.steps_total = sum(self._engine(record).total_steps for record in records)
        self.claim.replicas_done = len(self._healthy()) - len(self._unfinished())
        self.claim.write(self.layout.claims)

    def _write(self, path: Path, records: list[ReplicaRecord]) -> tuple[str, list[Row]]:
        try:
            return write_ensemble(
                path,
                records,
                sampling=self.task.sampling,
                engines=self.engines,
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

    def _must_leave(self, segment_seconds: float = 0.0) -> bool:
        deadline = self.attempt.deadline
        if deadline is not None:
            needed = 1.5 * segment_seconds + CHECKPOINT_MARGIN_SECONDS
            if time.time() + needed > deadline:
                return True
        return drain_requested(self.layout.lease, self.attempt.generation)

    def _when_space_allows(self, action: Callable[[], None]) -> bool:
        return when_space_allows(action, self._must_leave)

    def _outcome(self, ending: str, **details: Any) -> Outcome:
        return Outcome(
            ending,
            failures=dict(self.failures),
            stages=self.stages,
            worker={**self.claim.process.as_document(), "block": os.environ.get("SLURM_JOB_ID")},
            **details,
        )


def _seed(record: ReplicaRecord) -> SeedSequence:
    return replica_seed(record.physics.seed, record.physics.state_point_hash, record.replica)
