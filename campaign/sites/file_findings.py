"""The shared file system and the clocks: what results and deadlines rest on."""

from __future__ import annotations

from pathlib import Path

from ..deadline import MARGIN_SECONDS
from .evidence import Evidence
from .finding import Finding, failed, ok, skipped, warning

SLOW_SIGHT_SECONDS = 5.0
SLOW_FILE_MS = 100.0
FEW_GB, FEW_FILES = 2.0, 10_000
NOTICEABLE_SKEW_SECONDS = 1.0
_NAME = "files"


def file_finding(evidence: Evidence, directory: Path) -> Finding:
    """Written on a node and seen from here, and the other way round."""
    for node in evidence.nodes:
        if node.files.error:
            return failed(
                _NAME,
                f"{directory} on {node.node}: {node.files.error}",
                "campaigns need files that can be renamed and hard-linked; try another file "
                "system with --directory",
            )
        if not node.exchange.answered:
            return failed(
                _NAME,
                f"{directory}: {node.node} did not see a file written here within "
                f"{node.exchange.slowest_seconds:.0f} s",
                "choose a directory on a file system that all nodes share, with --directory",
            )
    slowest = max(node.exchange.slowest_seconds for node in evidence.nodes)
    text = f"{directory}: rename and hard link work"
    if evidence.shape is not None:
        text += f"; nodes and this machine see each other's files within {slowest:.3g} s"
    if slowest > SLOW_SIGHT_SECONDS:
        return warning(
            _NAME, text, "NFS caches directories here: campaigns run, but react slowly to `stop`"
        )
    return ok(_NAME, text)


def latency_finding(evidence: Evidence) -> Finding:
    """How long a durable file takes."""
    median = max(node.files.median_ms for node in evidence.nodes)
    slowest = max(node.files.slowest_ms for node in evidence.nodes)
    text = f"{median:.3g} ms to create, fsync and rename a small file (slowest {slowest:.3g} ms)"
    if median > SLOW_FILE_MS:
        return warning(
            "latency",
            text,
            "give tasks more replicas (resources.replicas_per_task) and longer segments "
            "(resources.segment_steps), or use another file system",
        )
    return ok("latency", text)


def space_finding(evidence: Evidence) -> Finding:
    """Space and inodes."""
    gigabytes = min(node.files.free_gb for node in evidence.nodes)
    counts = [n.files.free_files for n in evidence.nodes if n.files.free_files is not None]
    files = f"{min(counts):,} files".replace(",", " ") if counts else "files are not counted"
    text = f"{gigabytes:.3g} GB and {files} free (a quota may be lower)"
    if gigabytes < FEW_GB or (counts and min(counts) < FEW_FILES):
        return warning("space", text, "clean up, or use another file system: --directory")
    return ok("space", text)


def scratch_finding(evidence: Evidence) -> Finding:
    """Temporary files on the node's own disk."""
    least = min(evidence.nodes, key=lambda node: node.scratch_gb)
    text = f"{least.scratch}, {least.scratch_gb:.3g} GB free"
    unwritable = [node.node for node in evidence.nodes if not node.scratch_is_given]
    if unwritable:
        return warning(
            "scratch",
            f"{', '.join(unwritable)} cannot write to slurm.scratch, and took {text}",
            "set slurm.scratch to a folder that can be made on every node",
        )
    return ok("scratch", text)


def clock_finding(evidence: Evidence) -> Finding:
    """Deadlines are Slurm's, and clocks those of the nodes."""
    if evidence.shape is None:
        return skipped("clock", "not needed: there is one only")
    worst = max(evidence.nodes, key=lambda node: abs(node.exchange.skew_seconds))
    skew, bound = worst.exchange.skew_seconds, worst.exchange.skew_bound_seconds
    text = f"{skew:+.3f} s from {worst.node} to here, to within {bound:.3f} s"
    certain = abs(skew) - bound
    if certain > MARGIN_SECONDS:
        return failed(
            "clock",
            text,
            "workers would misjudge the end of their block: have the clocks synchronised (NTP)",
        )
    if certain > NOTICEABLE_SKEW_SECONDS:
        return warning("clock", text, "have the clocks synchronised (NTP)")
    return ok("clock", text)
