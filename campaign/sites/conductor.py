"""What a probe runs on the first node of its block: ``python -m perrin.campaign.sites.conductor``.

Each step has a log and an ending of its own, so that one which fails or hangs says so.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from ... import PerrinError
from ...site_configs.launch import find_program, launch_environment
from ..launched import ending_with_me, launched
from ..learning.rendezvous import rendezvous
from .order import DONE, Order, Step, StepEnding, leave

NOT_STARTED = 127


def main() -> None:
    """Run the steps of the order in a folder."""
    folder = Path(sys.argv[1])
    began = time.monotonic()
    for step in Order.load(folder).steps:
        leave(folder, f"step-{step.name}.json", _run(step, folder))
    leave(folder, DONE, StepEnding(status=0, seconds=time.monotonic() - began))


def _run(step: Step, folder: Path) -> StepEnding:
    began = time.monotonic()
    log = folder / f"step-{step.name}.log"
    try:
        status = _status(step, log)
    except PerrinError as error:
        log.write_text(str(error))
        status = NOT_STARTED
    return StepEnding(status=status, seconds=time.monotonic() - began)


def _status(step: Step, log: Path) -> int | None:
    """Exit status, None if it took too long."""
    program, *arguments = step.command
    command = ending_with_me([find_program(program), *arguments])
    with launched(command, log, _environment(step)) as process:
        try:
            return process.wait(step.seconds)
        except subprocess.TimeoutExpired:
            return None


def _environment(step: Step) -> dict[str, str]:
    meeting, environment = step.meeting, launch_environment(step.command)
    if meeting is None:
        return environment
    return environment | rendezvous(meeting.interface, meeting.nodes, meeting.processes)


if __name__ == "__main__":
    main()
