"""Running probes: as a job of Slurm, or as a process of this machine."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

from ...site_configs import slurm_queue
from ...site_configs.job_script import header, prologue
from ...site_configs.site import Site
from ...site_configs.slurm import BlockShape, Slurm
from ...site_configs.slurm_queue import QueueError
from ..launched import ending_with_me
from ..processes import ProcessName

WALLTIME = "00:10:00"
LOG = "job.log"
HOPELESS = {
    *("BadConstraints", "InvalidAccount", "InvalidQOS", "JobHeldAdmin", "JobHeldUser"),
    *("PartitionNodeLimit", "PartitionTimeLimit"),
}
"""Reasons for which a job would wait for ever."""


def probe_command(folder: Path) -> list[str]:
    """What a probe runs first."""
    return [sys.executable, "-m", "perrin.campaign.sites.conductor", str(folder)]


class Probe(ABC):
    """A probe under way.

    Using
    -----
    ``look`` now and then, until it says None; ``cancel`` at the end, whatever happened.

    Creating your own
    -----------------
    The constructor starts it. It runs `probe_command`, and prints to `LOG` in its folder.
    """

    queue_seconds: float | None = None
    """How long it waited for its nodes; None if it has not begun."""
    refusal = ""
    """Why it will never begin."""

    @abstractmethod
    def look(self) -> str | None:
        """What it is doing, in words; None when it has ended."""

    @abstractmethod
    def cancel(self) -> None:
        """End it, if it has not ended."""


class LocalProbe(Probe):
    """A process of this machine."""

    def __init__(self, site: Site, folder: Path, environment: dict[str, str]) -> None:
        with (folder / LOG).open("ab") as log:
            self._process = subprocess.Popen(
                ending_with_me(probe_command(folder)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**environment, **site.environment()},
                start_new_session=True,
            )
        self.queue_seconds = 0.0

    def look(self) -> str | None:
        """What it is doing."""
        return "trying" if self._process.poll() is None else None

    def cancel(self) -> None:
        """End it."""
        if self._process.poll() is None:
            ProcessName.of(self._process.pid).kill_tree()
        self._process.wait()


class SlurmProbe(Probe):
    """A job of Slurm; raises `QueueError` if Slurm does not take it."""

    def __init__(self, site: Site, slurm: Slurm, shape: BlockShape, folder: Path) -> None:
        short = min(shape.model_copy(update={"walltime": WALLTIME}), shape, key=_seconds)
        lines = prologue(slurm, shape, site.environment())
        command = f"exec {shlex.join(probe_command(folder))}"
        script = folder / "job.sh"
        script.write_text("\n".join(["#!/bin/bash", *header(short), *lines, command, ""]))
        try:
            self.job = slurm_queue.submit(script, folder.name, folder / LOG)
        except KeyboardInterrupt:
            _cancel_named(folder.name)
            raise
        self._submitted = time.monotonic()

    def look(self) -> str | None:
        """Where it is in the queue."""
        job = next((job for job in slurm_queue.jobs() if job.id == self.job), None)
        waited = time.monotonic() - self._submitted
        if job is None:
            return None
        if job.waits:
            if job.reason in HOPELESS:
                self.refusal = job.reason
                return None
            return f"job {self.job} waits ({job.reason}), {waited:.0f} s"
        if self.queue_seconds is None:
            self.queue_seconds = waited
        return f"job {self.job} runs on {job.nodes}, {waited - self.queue_seconds:.0f} s"

    def cancel(self) -> None:
        """Cancel the job."""
        slurm_queue.cancel([self.job])


def _cancel_named(name: str) -> None:
    """Cancel the job of this name, if it got into the queue."""
    with contextlib.suppress(QueueError):
        slurm_queue.cancel([slurm_queue.find(name, QueueError("no such job")).id])


def _seconds(shape: BlockShape) -> int:
    return shape.walltime_seconds
