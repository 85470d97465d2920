"""From what a probe brought back to findings."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from ...site_configs.slurm import Pool
from .evidence import Evidence, counted
from .file_findings import (
    clock_finding,
    file_finding,
    latency_finding,
    scratch_finding,
    space_finding,
)
from .finding import Finding, failed, ok, warning
from .launch_findings import mpi_finding, network_finding, training_finding
from .node_findings import core_finding, gpu_finding, kernel_finding, python_finding
from .steps import PROBE, SPEED

UNEVEN = 1.25


def findings_of(evidence: Evidence, directory: Path, pmi_kinds: str) -> Iterator[Finding]:
    """Judge everything; `pmi_kinds` are what srun can start MPI programs by."""
    missing = evidence.node_count - len(evidence.nodes)
    if missing:
        yield _silence(evidence, directory, missing)
    if not evidence.nodes:
        return
    yield python_finding(evidence)
    yield core_finding(evidence)
    yield kernel_finding(evidence)
    yield gpu_finding(evidence)
    yield file_finding(evidence, directory)
    if all(not node.files.error for node in evidence.nodes):
        yield latency_finding(evidence)
        yield space_finding(evidence)
    yield scratch_finding(evidence)
    if all(node.exchange.answered for node in evidence.nodes):
        yield clock_finding(evidence)
    yield network_finding(evidence)
    if evidence.pool is not Pool.TRAINING:
        yield mpi_finding(evidence, pmi_kinds)
    if evidence.pool is not Pool.MPI:
        yield training_finding(evidence)
    if evidence.pool is Pool.WORKERS:
        yield speed_finding(evidence)


def _silence(evidence: Evidence, directory: Path, missing: int) -> Finding:
    text = f"{missing} of {evidence.node_count} nodes did not report: "
    return failed(
        "nodes",
        text + evidence.failure_of(PROBE),
        f"see what slurm.setup does, and whether nodes see {directory} and the Python here",
    )


def slowness_of(evidence: Evidence) -> dict[str, float]:
    """Engine -> seconds per step over the nominal ones, the mean of all nodes that measured."""
    engines = {name for report in evidence.speeds for name in report.slowness}
    return {
        name: statistics.mean(report.slowness[name] for report in evidence.speeds)
        for name in sorted(engines)
    }


def speed_finding(evidence: Evidence) -> Finding:
    """How fast the engines are, with all cores busy."""
    speeds = evidence.speeds
    if len(speeds) < evidence.node_count:
        return failed(
            "speed",
            f"not measured on {evidence.node_count - len(speeds)} nodes: "
            f"{evidence.failure_of(SPEED)}",
            "an illegal instruction points to cpu_target; a lack of time to a slow compilation",
        )
    slowness = slowness_of(evidence)
    text = ", ".join(f"{name} {value:.2f}" for name, value in slowness.items())
    busy = counted(evidence.order.threads, "core")
    text += f" of the nominal time per step, with {busy} of each node busy"
    for name in slowness:
        each = [report.slowness[name] for report in speeds]
        if max(each) > UNEVEN * min(each):
            return warning(
                "speed",
                f"{text}; nodes differ: {min(each):.2f} to {max(each):.2f}",
                "choose one kind of node by slurm.constraint, or whole nodes by slurm.exclusive",
            )
    return ok("speed", text)
