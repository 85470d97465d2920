"""What the manager costs: its processor time per task, and how it bears 100,000 replicas.

The cases `parsl` and `dask` are the processor time per task of a manager less that of the bare
executor, for tasks that do nothing: see `_no_op_run.py`. The others are of a campaign of 100,000
replicas of one particle and one step, in as many files as the planner ever makes; its manager is
killed half-way. All are limits: `peer` is the limit, the ratio what is left of it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _environment import commit, machine

from perrin.campaign.layout import Layout

FOLDER = Path(__file__).parent
PERRIN = str(Path(sys.executable).with_name("perrin"))
REPEATS = 3
SMALLEST_OVERHEAD = 0.01
STATE_POINTS, REPLICAS = 1000, 100
CAMPAIGN = """
name = "many"
[problem]
engine = "brownian"
seed = 1
replicas = {replicas}
[problem.parameters]
particles = 1
box_length = 1.0
potential = {{ kind = "ideal" }}
[problem.grid]
temperature = {temperatures}
[problem.dynamics]
bulk_time = 0.0
[sampling]
transient_time = 0.0
time = 1e-4
bin_width = 1.0
modes = 0
[resources]
workers = 2
executor = "dask"
replicas_per_task = 67
"""


def case(measured: float, limit: float, unit: str) -> dict[str, Any]:
    """One entry of the report."""
    ratio = limit / measured
    return {"perrin": measured, "peer": limit, "unit": unit, "ratio": ratio, "target": 1.0}


def overhead(executor: str) -> dict[str, Any]:
    """Processor time of the manager per task beyond the executor, both sides taking turns."""
    sides: dict[str, list[float]] = {"perrin": [], "bare": []}
    for _ in range(REPEATS):
        for side, times in sides.items():
            times.append(no_op_run(side, executor))
    ours, theirs = (statistics.median(times) for times in sides.values())
    print(f"{executor}: {ours:.2f} ms per task with perrin, {theirs:.2f} ms without", flush=True)
    return case(max(SMALLEST_OVERHEAD, ours - theirs), 1.0, "ms of processor time per task")


def no_op_run(side: str, executor: str) -> float:
    """Milliseconds per task in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(FOLDER / "_no_op_run.py"), side, executor, folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


class Campaign:
    """The campaign of 100,000 replicas, and the processes that run it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "many.toml"
        temperatures = [1.0 + i / STATE_POINTS for i in range(STATE_POINTS)]
        self.file.write_text(CAMPAIGN.format(replicas=REPLICAS, temperatures=temperatures))
        self.layout = Layout.of(self.file)
        self.memory = 0.0

    def start(self) -> subprocess.Popen[str]:
        """Start a manager."""
        command = [PERRIN, "run", "--yes", str(self.file)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def seconds_until_it_knows(self, manager: subprocess.Popen[str]) -> float:
        """Time until a manager that was just started says that it starts workers."""
        began = time.monotonic()
        for line in manager.stdout or ():
            if line.startswith("starting"):
                return time.monotonic() - began
        raise RuntimeError("the manager ended without having started workers")

    def watch(self, manager: subprocess.Popen[str], enough: Callable[[], bool]) -> None:
        """Take the largest memory of a manager, until it ends or there is enough."""
        while manager.poll() is None and not enough():
            self.memory = max(self.memory, largest_memory(manager.pid))
            time.sleep(0.2)

    def published(self) -> int:
        """Number of result files."""
        return len(list(self.layout.results.glob("[!.]*.h5")))

    def seconds_of_status(self) -> float:
        """Wall time of the whole command."""
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            subprocess.run(
                [PERRIN, "status", str(self.file)], stdout=subprocess.DEVNULL, check=True
            )
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    def files(self) -> int:
        """Files in the directory of the campaign."""
        return sum(path.is_file() for path in self.layout.root.rglob("*"))


def largest_memory(pid: int) -> float:
    """Most memory that a process has had so far, MB; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM")), 0.0)


def scale(folder: Path) -> dict[str, Any]:
    """Run the large campaign: half, killed, restarted, to its end."""
    campaign = Campaign(folder)
    tasks = STATE_POINTS * REPLICAS / 67
    first = campaign.start()
    campaign.seconds_until_it_knows(first)
    campaign.watch(first, lambda: campaign.published() > tasks / 2)
    running = campaign.seconds_of_status()
    first.kill()
    first.wait()
    began = time.perf_counter()
    subprocess.run([PERRIN, "status", str(campaign.file)], stdout=subprocess.DEVNULL, check=True)
    print(f"status {time.perf_counter() - began:.2f} s right after the manager was killed")
    second = campaign.start()
    restart = campaign.seconds_until_it_knows(second)
    campaign.watch(second, lambda: False)
    if second.wait():
        sys.exit("the large campaign did not end well")
    ended = campaign.seconds_of_status()
    print(
        f"status {running:.2f} s while it runs, {ended:.2f} s at the end; restart {restart:.2f} s"
    )
    return {
        "status_100k": case(max(running, ended), 1.0, "s"),
        "restart_100k": case(restart, 10.0, "s"),
        "memory_100k": case(campaign.memory, 500.0, "MB"),
        "files_100k": case(campaign.files(), 2000, "files"),
    }


def main() -> None:
    """Measure all cases, one after the other."""
    cases = {executor: overhead(executor) for executor in ("parsl", "dask")}
    with tempfile.TemporaryDirectory() as folder:
        cases |= scale(Path(folder))
    report = {"benchmark": "overhead", "commit": commit(), "machine": machine(2), "cases": cases}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
