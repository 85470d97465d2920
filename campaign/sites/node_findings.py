"""Nodes: Python and its packages, processors, GPUs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .evidence import Evidence
from .finding import Finding, failed, ok, skipped, warning
from .probe import NodeReport

COMMON_TARGET = "x86-64-v3"


def python_finding(evidence: Evidence) -> Finding:
    """Workers unpickle what the manager pickles: both must be the same."""
    mine = evidence.versions
    different = [
        f"{package} {node.versions[package]} on {node.node}, {mine[package]} here"
        for node in evidence.nodes
        for package in mine
        if node.versions[package] != mine[package]
    ]
    if different:
        return failed(
            "python",
            "; ".join(different),
            "install the same versions in both places, or undo what slurm.setup does to Python",
        )
    words = f"{mine['Python']}, perrin {mine['perrin']}, numpy {mine['numpy']}, "
    words += f"numba {mine['numba']}, torch {mine['torch']}"
    return ok("python", f"{words}: the same as here, as are {len(mine) - 5} more packages")


def core_finding(evidence: Evidence) -> Finding:
    """As many cores as were asked for."""
    nodes = evidence.nodes
    seen = ", ".join(sorted({f"{node.cores}" for node in nodes}))
    text = f"{seen} on each node of {min(node.memory_gb for node in nodes):.0f} GB; "
    text += " and ".join(sorted({node.processor for node in nodes}))
    asked = evidence.shape.cores_per_node if evidence.shape else 1
    if min(node.cores for node in nodes) < asked:
        return failed(
            "cores",
            f"{text}; {asked} were asked for",
            "workers would share cores: lower slurm.cores_per_node, or ask how Slurm binds here",
        )
    return ok("cores", text)


def kernel_finding(evidence: Evidence) -> Finding:
    """Same bits on all nodes."""
    targets = {node.fingerprint: _target(node) for node in evidence.nodes}
    names = ", ".join(sorted(targets.values()))
    if len(targets) > 1:
        return warning(
            "kernels",
            f"nodes differ: {names}",
            "replicas agree statistically, but not bit for bit; for equal bits choose a common "
            f'cpu_target = "{COMMON_TARGET}", or one kind of node by slurm.constraint',
        )
    return ok("kernels", f"compiled for {names}; all nodes give the same bits")


def _target(node: NodeReport) -> str:
    return str(json.loads(node.fingerprint)["processor"]["name"])


def gpu_finding(evidence: Evidence) -> Finding:
    """As many GPUs as were asked for."""
    asked = evidence.order.gpus
    if not asked:
        return skipped("GPUs", "none asked for")
    found = dict(_gpus(evidence))
    text = "; ".join(f"{names} on {node}" for node, names in found.items())
    if any(len(node.gpus.names) < asked for node in evidence.nodes if node.gpus):
        return failed(
            "GPUs",
            f"{text}; {asked} were asked for on each node",
            "look at slurm.gpus_per_node and slurm.partition, and whether the torch that is "
            "installed is one with CUDA for the driver of these nodes",
        )
    return ok("GPUs", text)


def _gpus(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for node in evidence.nodes:
        names = node.gpus.names if node.gpus else []
        kinds = ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))
        nccl = f" (NCCL {node.gpus.nccl})" if node.gpus and names else ""
        yield node.node, f"{kinds or 'none'}{nccl}"
