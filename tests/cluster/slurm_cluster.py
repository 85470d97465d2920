"""A real private Slurm cluster of several nodes on this host, and faults for it.

One host plays all nodes, because slurmd takes `-N NAME`. Everything lies in one directory, and the
ports are free ones, so clusters of several processes run side by side. Node names do not resolve:
all nodes are this host, and `SLURMD_NODENAME` tells a job's process which one it runs on.

    with SlurmCluster(directory) as cluster:
        job = cluster.submit("--nodes=2", "--wrap", "srun hostname")
        cluster.kill_node("n2")

The daemons end with the thread that started them: call the `start` methods from the main thread.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from perrin.tests.cluster.daemons import DaemonError, Daemons
from perrin.tests.cluster.slurm_configuration import free_ports, slurm_configuration

CLIENTS = ("sbatch", "srun", "squeue", "sinfo", "scancel", "scontrol")
PROGRAMS = ("setpriv", "munged", "slurmctld", "slurmd", *CLIENTS)
SEARCH_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))

# States of nodes that take jobs or run them.
UP = {"idle", "mixed", "allocated", "completing"}

# A path of a socket has 107 characters at most; this many are for the names below the directory.
SOCKET_PATH, SOCKET_NAME = 107, 40


class SlurmClusterError(RuntimeError):
    """The cluster cannot start, or a command in it failed."""


class Job(NamedTuple):
    """A job of the queue, in the words of squeue."""

    id: int
    name: str
    state: str
    nodes: str


class SlurmCluster:
    """A cluster with the nodes n1, n2, ... and one partition, `main`.

    Parameters
    ----------
    directory
        Gets slurm.conf, logs, pid files and the state; made if it is missing. If its path is too
        long for sockets, those go to a short directory below the system's temporary one.
    nodes, cpus, memory_mb
        Number of nodes, and what each claims to have, whatever this host has.
    walltime
        Limit of jobs that name none, as Slurm writes times.
    kill_wait
        Seconds between SIGTERM and SIGKILL at a job's end.
    slurmd_timeout
        Seconds after which a node without an answering slurmd is down.
    """

    def __init__(
        self,
        directory: Path | str,
        nodes: int = 2,
        cpus: int = 2,
        memory_mb: int = 6000,
        *,
        walltime: str = "1:00:00",
        kill_wait: int = 2,
        slurmd_timeout: int = 10,
    ) -> None:
        self.directory = Path(directory).resolve()
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]
        self.cpus = cpus
        self.memory_mb = memory_mb
        self.walltime = walltime
        self.kill_wait = kill_wait
        self.slurmd_timeout = slurmd_timeout
        self._sockets = self.directory
        self._daemons = Daemons(self.directory)

    @staticmethod
    def missing() -> str:
        """What this host lacks and how to get it; empty if a cluster can be started."""
        absent = [name for name in PROGRAMS if shutil.which(name, path=SEARCH_PATH) is None]
        if absent:
            return (
                f"Slurm is not installed ({', '.join(absent)} not found): "
                "apt-get install slurmctld slurmd slurm-client munge"
            )
        if os.geteuid() != 0:
            return "a private Slurm cluster needs root: run as root, such as by sudo"
        return ""

    @property
    def configuration(self) -> Path:
        """The slurm.conf."""
        return self.directory / "slurm.conf"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that a process needs beside its others to reach this cluster."""
        return {"SLURM_CONF": str(self.configuration)}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Life

    def start(self, attempts: int = 5) -> None:
        """Start all daemons and wait until every node is idle."""
        if reason := self.missing():
            raise SlurmClusterError(reason)
        for left in reversed(range(attempts)):
            try:
                self._start_once()
            except BaseException as error:
                self.stop()
                if not (left and isinstance(error, DaemonError) and self._port_was_taken()):
                    raise
            else:
                return

    def stop(self) -> None:
        """Cancel all jobs and end the daemons, with all that they left; harmless if not started."""
        if self._daemons.runs("slurmctld"):
            with contextlib.suppress(SlurmClusterError, TimeoutError):
                self.cancel_all()
                wait_until(lambda: not self.job_processes(), self.kill_wait + 5, "jobs end")
        for node in self.nodes:
            if self._daemons.runs(f"slurmd-{node}"):
                self.kill_slurmd(node)  # on SIGTERM it takes seconds to complete jobs that ended
        self._daemons.end_all()
        self.kill_processes()
        if self._sockets != self.directory:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = self.directory

    def _start_once(self) -> None:
        self._prepare_directory()
        self._start_munged()
        self.start_slurmctld()
        for node in self.nodes:
            self.start_slurmd(node)
        wait_until(self._all_idle, 30, f"nodes become idle (logs in {self.directory})")

    def _prepare_directory(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        for old in self.directory.glob("*.log"):
            old.unlink()
        if len(str(self.directory)) > SOCKET_PATH - SOCKET_NAME:
            self._sockets = Path(tempfile.mkdtemp(prefix="slurm-"))
        for node in self.nodes:
            (self._sockets / node).mkdir(exist_ok=True)
        self.configuration.write_text(
            slurm_configuration(
                self.directory,
                self._sockets,
                self.nodes,
                free_ports(1 + len(self.nodes)),
                cpus=self.cpus,
                memory_mb=self.memory_mb,
                walltime=self.walltime,
                kill_wait=self.kill_wait,
                slurmd_timeout=self.slurmd_timeout,
            )
        )

    def _start_munged(self) -> None:
        key = self.directory / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        self._start_daemon(
            "munged",
            "munged",
            "--foreground",
            "--force",
            f"--key-file={key}",
            f"--socket={self._sockets}/munge",
            f"--pid-file={self.directory}/munged.pid",
            f"--log-file={self.directory}/munged.log",
            f"--seed-file={self.directory}/munged.seed",
        )
        wait_until((self._sockets / "munge").exists, 10, f"munged listens (in {self._sockets})")

    def _start_daemon(self, name: str, *command: str) -> None:
        self._daemons.start(name, *command, environment=self._whole_environment())

    def _all_idle(self) -> bool:
        for node in self.nodes:
            self._daemons.check(f"slurmd-{node}")
        return set(self.nodes_state().values()) == {"idle"}

    def _port_was_taken(self) -> bool:
        logs = self.directory.glob("slurm*.log")
        return any("Address already in use" in log.read_text(errors="replace") for log in logs)

    # Commands and what they tell

    def command(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command such as squeue in this cluster, and capture its text.

        Raises
        ------
        SlurmClusterError
            If it fails and `check` is set.
        """
        result = subprocess.run(
            command, env=self._whole_environment(), capture_output=True, text=True, check=False
        )
        if check and result.returncode:
            raise SlurmClusterError(f"{' '.join(command)}: {result.stderr.strip()}")
        return result

    def submit(self, *arguments: str) -> int:
        """Submit a job by sbatch with these arguments and give its id."""
        output = ("--output", str(self.directory / "job-%j.out"))
        return int(self.command("sbatch", "--parsable", *output, *arguments).stdout)

    def output(self, job: int) -> str:
        """What a job of `submit` has written."""
        return (self.directory / f"job-{job}.out").read_text()

    def jobs(self) -> list[Job]:
        """Jobs that wait, run or are ending."""
        lines = self.command("squeue", "-h", "-a", "-r", "-o", "%A|%T|%N|%j").stdout.splitlines()
        fields = (line.split("|", 3) for line in lines)
        return [Job(int(number), name, state, nodes) for number, state, nodes, name in fields]

    def job_details(self, job: int) -> dict[str, str]:
        """What `scontrol show job` tells, also of a job that ended less than two minutes ago."""
        text = self.command("scontrol", "show", "job", "--oneliner", str(job)).stdout
        return dict(item.split("=", 1) for item in text.split() if "=" in item)

    def nodes_state(self) -> dict[str, str]:
        """State of each node in the words of sinfo, such as idle, allocated, down*."""
        lines = self.command("sinfo", "-h", "-N", "-o", "%N|%T").stdout.splitlines()
        return dict(line.split("|") for line in lines)

    def _whole_environment(self) -> dict[str, str]:
        slurm = ("SLURM_", "SLURMD_", "SBATCH_", "SRUN_", "SQUEUE_", "SINFO_", "SCANCEL_")
        others = {name: text for name, text in os.environ.items() if not name.startswith(slurm)}
        return others | {"PATH": SEARCH_PATH} | self.environment

    # Processes

    def job_processes(self, node: str | None = None) -> list[psutil.Process]:
        """Living processes of this cluster's jobs, on one node or on all."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                variables = process.environ()
                if (
                    variables.get("SLURM_CONF") == str(self.configuration)
                    and "SLURM_JOB_ID" in variables
                    and node in (None, variables.get("SLURMD_NODENAME"))
                ):
                    found.append(process)
        return found

    def kill_processes(self, node: str | None = None) -> None:
        """SIGKILL all that jobs run on one node or on all, together with Slurm's step daemons."""
        while victims := [*self._step_daemons(node), *self.job_processes(node)]:
            for process in victims:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(0.05)

    def _step_daemons(self, node: str | None) -> Iterator[psutil.Process]:
        """The slurmstepds, which hide their environment but listen in the folder of their node."""
        folder = str(self._sockets / node) if node else str(self._sockets)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.name() == "slurmstepd" and any(
                    str(connection.laddr).startswith(f"{folder}/")
                    for connection in process.net_connections("unix")
                ):
                    yield process

    # Faults and their repair

    def kill_slurmd(self, node: str) -> None:
        """SIGKILL a slurmd; its jobs run on, and the node is down after `slurmd_timeout`."""
        self._daemons.end(f"slurmd-{node}", signal.SIGKILL)

    def kill_node(self, node: str) -> None:
        """What a power cut does: SIGKILL the slurmd and all processes of jobs on this node."""
        self.kill_slurmd(node)
        self.kill_processes(node)

    def start_slurmd(self, node: str) -> None:
        """Start a slurmd; a node that was down for lack of it comes back by itself."""
        self._start_daemon(f"slurmd-{node}", "slurmd", "-D", "-N", node)

    def set_down(self, node: str) -> None:
        """Declare a node down, which ends its jobs at once."""
        self.command("scontrol", "update", f"nodename={node}", "state=down", "reason=test")

    def resume(self, node: str) -> None:
        """Undo `set_down`; the node is idle some seconds later."""
        self.command("scontrol", "update", f"nodename={node}", "state=resume")

    def stop_slurmctld(self) -> None:
        """End the controller, so that every command fails; jobs run on and the state is kept."""
        self._daemons.end("slurmctld")

    def start_slurmctld(self) -> None:
        """Start the controller, with the state that the last one left, and wait for its answer."""
        self._start_daemon("slurmctld", "slurmctld", "-D")
        wait_until(self._answers, 20, f"slurmctld answers (log in {self.directory})")

    def _answers(self) -> bool:
        self._daemons.check("slurmctld")
        return self.command("scontrol", "ping", check=False).returncode == 0

    def expire(self, job: int) -> None:
        """Let a running job reach its walltime now; Slurm looks for such jobs every 30 s."""
        self.command("scontrol", "update", f"jobid={job}", "endtime=now+1")

    def cancel(self, job: int) -> None:
        """Cancel a job: SIGTERM, and SIGKILL `kill_wait` seconds later."""
        self.command("scancel", str(job))

    def cancel_all(self) -> None:
        """Cancel every job."""
        if jobs := self.jobs():
            self.command("scancel", *(str(job.id) for job in jobs))

    def restore(self) -> None:
        """Undo faults: start what does not run, resume what is down, wait until nodes are up."""
        if not self._daemons.runs("slurmctld"):
            self.start_slurmctld()
        for node in self.nodes:
            if not self._daemons.runs(f"slurmd-{node}"):
                self.start_slurmd(node)
        wait_until(self._resume_all, 30, "nodes are up")

    def _resume_all(self) -> bool:
        states = self.nodes_state()
        for node, state in states.items():
            if state.startswith(("down", "drain")):
                with contextlib.suppress(SlurmClusterError):  # it came back by itself meanwhile
                    self.resume(node)
        return set(states.values()) <= UP


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Return as soon as the condition holds.

    Raises
    ------
    TimeoutError
        If it does not within the seconds; `what` names it.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s until {what}")
        time.sleep(0.1)
