"""Trying a site out: a small probe in a block of each of its pools."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ...site_configs.site import Site
from ...site_configs.slurm import Pool
from .network import Echo
from .trial import PoolCheck, Trial

ANSWERING_SECONDS = 0.01
LOOK_SECONDS = 1.0
COMMAND_SECONDS = 20.0
REMOVAL_SECONDS = 5.0


def check_site(
    site: Site, directory: Path, nodes: int | None, say: Callable[[str], None]
) -> list[PoolCheck]:
    """Run a probe for each pool, all at once, and judge what they find.

    Parameters
    ----------
    directory
        Where campaigns are to lie: the file system that is tried.
    nodes
        Nodes of the blocks of workers that are tried; default: two if the site allows.
    say
        Told again and again what the probes are doing.
    """
    token, trials = secrets.token_hex(4), []
    folders = {
        pool: directory / f"perrin-check-{site.name}-{pool}-{token}"
        for pool in site.pools or [Pool.WORKERS]
    }
    try:
        with Echo(token) as echo:
            for pool, folder in folders.items():
                folder.mkdir()
                trials.append(Trial(_tried(site, pool, nodes), pool, folder, echo))
            try:
                _wait_for(trials, say)
            finally:
                for trial in trials:
                    trial.cancel()
    except BaseException:
        _remove(folders.values())
        raise
    checks = [trial.judged(directory, _pmi_kinds(site)) for trial in trials]
    _remove(check.folder for check in checks if not check.has_log)
    for check in checks:
        if check.measurement is not None:
            check.measurement.save(site)
    return checks


def _tried(site: Site, pool: Pool, nodes: int | None) -> Site:
    """The site with as many nodes in a block of workers as are to be tried."""
    slurm = site.slurm
    if slurm is None or pool is not Pool.WORKERS:
        return site
    several = max(slurm.nodes_per_block, min(2, slurm.max_blocks))
    wider = slurm.model_copy(update={"nodes_per_block": nodes or several})
    return site.model_copy(update={"slurm": wider})


def _wait_for(trials: list[Trial], say: Callable[[str], None]) -> None:
    looked = 0.0
    while any(not trial.is_over for trial in trials):
        for trial in trials:
            trial.answer()
        if time.monotonic() - looked > LOOK_SECONDS:
            for trial in trials:
                trial.look()
            say("; ".join(trial.title for trial in trials))
            looked = time.monotonic()
        time.sleep(ANSWERING_SECONDS)


def _pmi_kinds(site: Site) -> str:
    """What srun can start MPI programs by, as far as it says."""
    if site.slurm is None:
        return ""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        finished = subprocess.run(
            ["srun", "--mpi=list"],
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        words = (finished.stdout + finished.stderr).split()
        return ", ".join(sorted({word for word in words if word.startswith(("pmi", "cray"))}))
    return ""


def _remove(folders: Iterable[Path]) -> None:
    """Remove folders in which a cancelled job may still write for a moment."""
    deadline = time.monotonic() + REMOVAL_SECONDS
    for folder in folders:
        while folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.1 if folder.exists() else 0.0)
