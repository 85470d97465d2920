"""How much of the granted core time is spent in kernels: two nodes of one core, short tasks.

The cluster is a private one on this machine, so that manager, executor and Slurm's own daemons
share the two cores with the workers: what they use is missing from the kernels. The figure of a
case counts from the moment at which all workers are busy to the moment at which the last task is
begun; the one with `with_start_and_tail` from the first submission to the last result.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from _environment import commit, machine

from perrin.campaign.journal import read_events
from perrin.campaign.layout import Layout
from perrin.engines.ensemble import EnsembleFile
from perrin.tests.cluster.slurm_cluster import SlurmCluster

TARGET = 0.95
NODES = 2
REPLICAS = 60
SITE = """
name = "two_cores"
executor = "{executor}"
[slurm]
partition = "main"
max_blocks = 2
walltime = "00:30:00"
interface = "lo"
"""
CAMPAIGN = """
name = "busy"
[problem]
engine = "brownian"
seed = 1
replicas = {replicas}
[problem.parameters]
particles = 200
density = 0.4
temperature = 1.5
potential = {{ kind = "lennard-jones" }}
[problem.dynamics]
bulk_time = 0.5
[sampling]
transient_time = 0.5
time = 6.0
[resources]
site = "site.toml"
replicas_per_task = 1
"""


class Stay(NamedTuple):
    """A try: when it began and ended on its worker, and its time in kernels; seconds."""

    worker: tuple[str, int]
    begun: float
    computed: float
    kernels: float

    def kernels_within(self, begin: float, end: float) -> float:
        """Part of the kernel time that falls into an interval, spread evenly over the try."""
        overlap = max(0.0, min(self.computed, end) - max(self.begun, begin))
        return self.kernels * overlap / (self.computed - self.begun)


def run(executor: str, folder: Path) -> Layout:
    """Run the campaign on a cluster of its own."""
    (folder / "site.toml").write_text(SITE.format(executor=executor))
    campaign = folder / "campaign.toml"
    campaign.write_text(CAMPAIGN.format(replicas=REPLICAS))
    with SlurmCluster(folder / "slurm", nodes=NODES, cpus=1) as cluster:
        command = [str(Path(sys.executable).with_name("perrin")), "run", "--yes", str(campaign)]
        subprocess.run(command, env={**os.environ, **cluster.environment}, check=True)
    return Layout.of(campaign)


def stays(layout: Layout) -> Iterator[Stay]:
    """Every published try, from the journal and the result files."""
    kernels: dict[str, float] = {}
    for path in layout.results.glob("*.h5"):
        with EnsembleFile(path) as file:
            for run in (run for record in file.records() for run in record.runs):
                kernels[run.token] = kernels.get(run.token, 0.0) + run.cpu_seconds
    for event in read_events(layout.journal):
        if event["event"] == "try-ended" and event["ending"] == "published":
            worker, stages = event["worker"], event["stages"]
            name = (worker["block"], worker["pid"])
            yield Stay(name, stages["started"], stages["published"], kernels[event["token"]])


def utilisation(found: list[Stay], begin: float, end: float) -> float:
    """Kernel time over the core time of all nodes between two moments."""
    used = sum(stay.kernels_within(begin, end) for stay in found)
    return used / (NODES * (end - begin))


def figures(layout: Layout) -> tuple[float, float]:
    """Utilisation between start and tail, and with both."""
    found = sorted(stays(layout), key=lambda stay: stay.begun)
    first_of_each: dict[tuple[str, int], float] = {}
    for stay in found:
        first_of_each.setdefault(stay.worker, stay.begun)
    if len(first_of_each) != NODES:
        raise RuntimeError(f"{len(first_of_each)} workers took part, not {NODES}")
    submitted = min(
        event["time"]
        for event in read_events(layout.journal)
        if event["event"] == "block-submitted"
    )
    last = max(stay.computed for stay in found)
    steady = utilisation(found, max(first_of_each.values()), found[-1].begun)
    return steady, utilisation(found, submitted, last)


def measure(executor: str) -> dict[str, Any]:
    """Measure one executor."""
    with tempfile.TemporaryDirectory() as folder:
        steady, whole = figures(run(executor, Path(folder)))
    print(f"{executor}: {100 * steady:.1f} % in kernels, {100 * whole:.1f} % with start and tail")
    return {
        "perrin": round(steady, 4),
        "peer": 1.0,
        "unit": "share of granted core time",
        "ratio": round(steady, 4),
        "target": TARGET,
        "with_start_and_tail": round(whole, 4),
    }


def main() -> None:
    """Measure both executors, one after the other."""
    if missing := SlurmCluster.missing():
        sys.exit(missing)
    cases = {executor: measure(executor) for executor in ("parsl", "dask")}
    report = {
        "benchmark": "utilisation",
        "commit": commit(),
        "machine": machine(NODES),
        "cases": cases,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
