"""What connects processes: the network, MPI, and the messages of a training."""

from __future__ import annotations

from ...site_configs.slurm import Pool
from .evidence import Evidence, counted
from .finding import Finding, Verdict, failed, ok, skipped
from .network import default_address
from .steps import MPI, TORCH

_NO_MPI = "needed for resources.mpi_ranks only: `pip install mpich`, or load an MPI in slurm.setup"


def network_finding(evidence: Evidence) -> Finding:
    """Workers connect to the manager."""
    slurm, here = evidence.site.slurm, evidence.order.addresses
    if slurm is None:
        return skipped("network", "not needed: manager and workers share this machine")
    known = ", ".join(f"{name} {address}" for name, address in here.items())
    wanted = _wanted(evidence)
    if not wanted:
        return failed(
            "network",
            f"slurm.interface = {slurm.interface!r}: this machine has {known}",
            "choose one that nodes have too",
        )
    for node in evidence.nodes:
        if slurm.interface is not None and slurm.interface not in node.interfaces:
            return failed(
                "network",
                f"slurm.interface = {slurm.interface!r}: {node.node} has "
                + ", ".join(node.interfaces),
                "choose one that nodes and this machine have, or leave it out",
            )
        if not wanted & set(node.reached):
            reached = ", ".join(node.reached) or "nothing"
            return failed(
                "network",
                f"{node.node} does not reach this machine by {', '.join(sorted(wanted))}; of "
                f"{known} it reaches {reached}",
                "set slurm.interface to an interface that nodes reach; if there is none, run "
                "perrin on another login node, or ask whether a firewall closes ports above 1024",
            )
    common = set.intersection(*(set(node.reached) for node in evidence.nodes))
    return ok("network", f"nodes reach this machine by {', '.join(sorted(wanted & common))}")


def _wanted(evidence: Evidence) -> set[str]:
    """Interfaces of which the executor needs one: Parsl tries all, Dask the default one."""
    slurm, here = evidence.site.slurm, evidence.order.addresses
    if slurm is not None and slurm.interface is not None:
        return {slurm.interface} & set(here)
    if evidence.site.executor == "parsl":
        return set(here)
    default = default_address()
    return {name for name, address in here.items() if address == default}


def mpi_finding(evidence: Evidence, kinds: str) -> Finding:
    """Processes of an MPI program find each other; `kinds` are those that srun can start."""
    needed, site = evidence.pool is Pool.MPI, evidence.site
    bad = Verdict.FAILED if needed else Verdict.WARNING
    if not evidence.has_step(MPI):
        text = "there is no mpiexec here" if site.slurm is None else "see the blocks of mpi"
        return Finding("MPI", Verdict.SKIPPED, text, _NO_MPI if site.slurm is None else "")
    report = evidence.mpi
    how = _how(evidence)
    if report is None:
        words = evidence.failure_of(MPI)
        return Finding("MPI", bad, f"{how} did not work: {words}", _advice(words, kinds))
    if report.size == 1:
        return Finding(
            "MPI",
            bad,
            f"{how} started single processes that do not find each other ({report.library})",
            _other_pmi(kinds),
        )
    place = f"{report.size} processes on {counted(len(report.nodes), 'node')}"
    if report.total != report.size * (report.size - 1) // 2:
        return Finding("MPI", bad, f"{place} summed wrongly ({report.library})", _other_pmi(kinds))
    return ok("MPI", f"{how}: {place} ({report.library})")


def _how(evidence: Evidence) -> str:
    slurm = evidence.site.slurm
    srun = slurm is not None and slurm.launcher == "srun"
    return f"srun --mpi={slurm.pmi}" if slurm is not None and srun else "mpiexec"


def _advice(words: str, kinds: str) -> str:
    if "cannot load MPI library" in words:
        return (
            "nodes have no MPI library that mpi4py can load: `pip install mpich`, or load an "
            "MPI in slurm.setup"
        )
    return _other_pmi(kinds)


def _other_pmi(kinds: str) -> str:
    known = f" (srun knows: {kinds})" if kinds else ""
    return f'try another slurm.pmi{known}, or slurm.launcher = "mpiexec"'


def training_finding(evidence: Evidence) -> Finding:
    """Processes of a training find each other: NCCL between GPUs, gloo elsewhere."""
    if not evidence.has_step(TORCH):
        return skipped("training", "on workers: the site has no [slurm.training]")
    report = evidence.torch
    if report is None or report.total != report.size * (report.size - 1) // 2:
        words = evidence.failure_of(TORCH) if report is None else "the sum is wrong"
        return failed(
            "training",
            f"the processes did not find each other: {words}",
            "set slurm.interface to one that all nodes have",
        )
    text = f"{report.backend} sums over {report.size} processes on "
    text += counted(len(report.nodes), "node")
    if evidence.order.gpus and report.backend != "nccl":
        return failed("training", text, "there are fewer GPUs than processes: see GPUs")
    return ok("training", f"{text} ({', '.join(report.devices)})")
