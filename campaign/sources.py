"""Where a try starts from: checkpoints and results that hold part of its replicas."""

from __future__ import annotations

import contextlib
import errno
import time
from pathlib import Path

from .. import PerrinError
from ..engines.engine import ReplicaState
from ..engines.ensemble import EnsembleFile, ReplicaRecord
from ..engines.identity import sampling_hash
from ..engines.seal import DamagedFileError
from .tasks import Task

VISIBILITY_SECONDS = 60.0


class SourceGoneError(PerrinError, FileNotFoundError):
    """A source that is not there: a try that was given up as lost may have come to its end."""


def load_records(task: Task) -> tuple[dict[str, ReplicaRecord], dict[str, str]]:
    """Every replica of a task, from its furthest source or not yet started.

    Returns
    -------
    records
        Replica key -> record.
    fingerprints
        Digest -> text of the fingerprints under which the sources were computed.

    Raises
    ------
    SourceGoneError
        A source is not there.
    """
    records = {
        physics.replica_key(replica): ReplicaRecord(physics, replica, ReplicaState(step=0))
        for physics, replica in task.members()
    }
    fingerprints: dict[str, str] = {}
    for source in map(Path, task.sources):
        with contextlib.suppress(DamagedFileError), _opened(source) as file:
            if sampling_hash(file.sampling) != sampling_hash(task.sampling):
                continue
            fingerprints |= file.provenance["fingerprints"]
            for row in file.rows():
                if row.key in records and row.step > records[row.key].state.step:
                    records[row.key] = file.record(row)
    return records, fingerprints


def _opened(path: Path) -> EnsembleFile:
    """Wait for a file that the manager sees, and a network file system may not show here yet."""
    deadline = time.monotonic() + VISIBILITY_SECONDS
    while True:
        try:
            return EnsembleFile(path)
        except FileNotFoundError as error:
            if time.monotonic() > deadline:
                message = "a source of this task is not there"
                raise SourceGoneError(errno.ENOENT, message, str(path)) from error
        time.sleep(0.2)
        list(path.parent.iterdir())
