"""Commands of Slurm that fail when a test says so, in a folder to put first in PATH."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import Literal

Mode = Literal["ok", "fail", "accept-then-fail"]

WRAPPER = """#!/bin/sh
read -r mode < {control}
echo "$mode" >> {calls}
case "$mode" in
ok) exec {command} "$@" ;;
accept-then-fail) {command} "$@" > /dev/null 2>&1 ;;
esac
echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2
exit 1
"""


class FaultyCommands:
    """Stand-ins for sbatch, squeue and scancel that call the real ones, or fail.

    `ok` calls the real command. `fail` fails without calling it, as when the controller is away.
    `accept-then-fail` calls it and then fails without its output, as when the answer is lost.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def path(self) -> str:
        """The PATH of a process that shall call these commands."""
        return os.pathsep.join((str(self.folder), os.environ.get("PATH", os.defpath)))

    def set(self, command: str, mode: Mode) -> None:
        """Choose what the next calls of a command do."""
        control = self.folder / f"{command}.mode"
        scratch = control.with_suffix(".new")
        scratch.write_text(f"{mode}\n")
        scratch.replace(control)

    def calls(self, command: str) -> list[str]:
        """The mode of each call of a command so far."""
        log = self.folder / f"{command}.calls"
        return log.read_text().split() if log.exists() else []


def faulty_commands(directory: Path | str) -> FaultyCommands:
    """Write the commands into a directory; all are `ok` at first."""
    commands = FaultyCommands(Path(directory).resolve())
    commands.folder.mkdir(parents=True, exist_ok=True)
    for name in ("sbatch", "squeue", "scancel"):
        real = shutil.which(name)
        if real is None:
            raise FileNotFoundError(f"{name} is not installed: apt-get install slurm-client")
        wrapper = commands.folder / name
        wrapper.write_text(
            WRAPPER.format(
                command=shlex.quote(real),
                control=shlex.quote(str(commands.folder / f"{name}.mode")),
                calls=shlex.quote(str(commands.folder / f"{name}.calls")),
            )
        )
        wrapper.chmod(0o755)
        commands.set(name, "ok")
    return commands
