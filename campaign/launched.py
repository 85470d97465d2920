"""Launchers such as mpiexec, srun and torchrun: started by a worker, and gone when it is gone.

``python -m perrin.campaign.launched PARENT COMMAND...`` becomes the command, if PARENT still lives.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

ENDING_SECONDS = 10.0
LOG_LINES = 30
_PR_SET_PDEATHSIG = 1


@contextmanager
def launched(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a launcher that prints to `log`; nothing of it is left when this ends.

    It has a session of its own: Ctrl-C is for the manager.
    """
    with log.open("ab") as output:
        launcher = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        yield launcher
    finally:
        if launcher.poll() is None:
            _end(launcher)


def _end(launcher: subprocess.Popen[bytes]) -> None:
    """Ask first, for srun ends what it has on other nodes; then end what is left here."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(launcher.pid)
        tree = [process, *process.children(recursive=True)]
        launcher.terminate()
        with suppress(subprocess.TimeoutExpired):
            launcher.wait(ENDING_SECONDS)
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(tree)
    launcher.wait()


def ending_with_me(command: Sequence[str]) -> list[str]:
    """Have a command ended by SIGTERM when the calling process is gone, even if by SIGKILL."""
    return [sys.executable, "-m", "perrin.campaign.launched", str(os.getpid()), *command]


def last_words(log: Path) -> str:
    """Last lines that a launcher and its processes printed."""
    lines = log.read_text(errors="replace").splitlines()
    return "the log ends\n" + "\n".join(lines[-LOG_LINES:])


def main() -> None:
    """Become the command, unless nobody waits for it any more."""
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        os._exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
