"""Slurm's commands, and what they answer."""

from __future__ import annotations

import getpass
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .. import PerrinError

COMMAND_SECONDS = 20.0
_SUBMITTED = re.compile(r"Submitted batch job (\d+)")
_FORMAT = "%i|%t|%e|%r|%N|%j"


class QueueError(PerrinError, RuntimeError):
    """Slurm did not answer, or refused."""


class NoSlurmError(QueueError):
    """Slurm's commands are not on the path: asking again is of no use."""


@dataclass(frozen=True)
class Job:
    """One job as the queue shows it.

    Attributes
    ----------
    id
        Number of the job.
    name
        Name of the job.
    state
        Slurm's short word: PD waits, R runs, everything else is on its way out.
    ends
        Unix time at which its walltime ends, None while it waits.
    reason
        Why it waits.
    nodes
        Where it runs.
    """

    id: str
    name: str
    state: str
    ends: float | None
    reason: str
    nodes: str

    @property
    def waits(self) -> bool:
        """Whether it has not begun."""
        return self.state in ("PD", "CF")

    @property
    def runs(self) -> bool:
        """Whether it has its nodes."""
        return self.state in ("R", "S", "ST")


def jobs() -> list[Job]:
    """Every job of this user that waits, runs or is on its way out."""
    text = _call(["squeue", "--noheader", "--user", getpass.getuser(), "--format", _FORMAT])
    return [_job(line) for line in text.splitlines() if line.count("|") >= _FORMAT.count("|")]


def _job(line: str) -> Job:
    number, state, ends, reason, nodes, name = line.split("|", _FORMAT.count("|"))
    return Job(number, name.strip(), state, _seconds(ends), reason, nodes)


def end_of(job: str) -> float | None:
    """Unix time at which the walltime of a running job ends, as far as Slurm says."""
    return _seconds(_call(["squeue", "--noheader", "--jobs", job, "--format", "%e"]).strip())


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def submit(script: Path, name: str, log: Path) -> str:
    """Submit a job script under a name of its own, printing to `log`; return the job's number.

    If `sbatch` fails the job may be in the queue all the same: then it is found by its name.
    """
    try:
        answer = _call(["sbatch", f"--job-name={name}", f"--output={log}", str(script)])
    except QueueError as error:
        return find(name, error).id
    match = _SUBMITTED.search(answer)
    return match.group(1) if match else find(name, QueueError(f"sbatch said: {answer.strip()}")).id


def find(name: str, error: QueueError) -> Job:
    """Return the job with this name, or one that goes on after a dot; else raise `error`."""
    for job in jobs():
        if job.name.partition(".")[0] == name:
            return job
    raise error


def cancel(numbers: Sequence[str]) -> None:
    """Cancel jobs; those that have ended are none of its business."""
    if numbers:
        _call(["scancel", "--quiet", *numbers])


def _call(command: list[str]) -> str:
    try:
        finished = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise NoSlurmError(
            f"{command[0]}: not found; is this a login node of the cluster, "
            "or does it need `module load slurm`?"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise QueueError(f"{command[0]}: no answer after {COMMAND_SECONDS:.0f} s") from error
    if finished.returncode != 0:
        words = (finished.stderr or finished.stdout).strip()
        raise QueueError(f"{command[0]}: {words or f'exit status {finished.returncode}'}")
    return finished.stdout
