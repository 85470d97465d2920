"""`perrin sites`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from ...site_configs.job_script import header
from ...site_configs.site import Site, SiteError, load_site
from ...site_configs.site_files import SHIPPED, own_folder, site_file, site_files
from ...site_configs.slurm import BlockShape
from ...site_configs.slurm_environment import forget_own_job
from ..sites.check import check_site
from ..sites.measured import Measurement
from ..sites.tables import check_table, field_table, site_table
from ..sites.trial import PoolCheck
from .printing import console, print_json

PERRINS, MINE = "perrin's", "your"


def list_sites(as_json: bool) -> None:
    """Print the sites that `--site` knows by name."""
    rows = [_row(name, path) for name, path in site_files().items()]
    if as_json:
        print_json(rows)
        return
    console.print(site_table(rows))
    for whose, folder in ((PERRINS, SHIPPED), (MINE, own_folder())):
        console.print(f"{whose} sites: {folder}", soft_wrap=True, highlight=False)


def _row(name: str, path: Path) -> dict[str, str]:
    row = {
        "name": name,
        "whose": PERRINS if path.parent == SHIPPED else MINE,
        "file": str(path),
    }
    try:
        site = load_site(name)
    except SiteError as error:
        return {**row, "kind": f"broken: {error}", "executor": ""}
    return {**row, "kind": site.kind, "executor": site.executor}


def show_site(name: str, as_json: bool) -> None:
    """Print every field of a site, and what its blocks ask of Slurm."""
    site, path = load_site(name), site_file(name)
    measurement = Measurement.of(site)
    if as_json:
        print_json(
            {
                "name": site.name,
                "file": str(path),
                "kind": site.kind,
                "fields": site.model_dump(mode="json"),
                "given": site.given(),
                "jobs": {name: header(shape) for name, shape in _jobs(site).items()},
                "speed": measurement.model_dump() if measurement else None,
            }
        )
        return
    console.print(f"[bold]{site.name}[/]: {site.kind}, {path}", soft_wrap=True, highlight=False)
    console.print(field_table(site))
    for name, shape in _jobs(site).items():
        console.print(f"[bold]{name}[/] asks Slurm for")
        for line in header(shape):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    console.print(_speed(site, measurement), highlight=False, soft_wrap=True)


def _jobs(site: Site) -> dict[str, BlockShape]:
    """Jobs that perrin may submit there, by what they are."""
    jobs = {f"a block of {pool}": shape for pool, shape in site.pools.items()}
    if site.slurm is not None and site.slurm.manager is not None:
        jobs["a manager"] = site.slurm.manager_shape
    return jobs


def _speed(site: Site, measurement: Measurement | None) -> str:
    if measurement is None:
        return f"speed: not measured yet; `perrin sites check {site.name}` does"
    slowness = ", ".join(f"{name} {value:.2f}" for name, value in measurement.slowness.items())
    return f"time per step over the nominal one: {slowness} (measured {measurement.date})"


def try_site(name: str, directory: Path | None, nodes: int | None, as_json: bool) -> None:
    """Run small probes on a site and print what they found; exit status 1 if anything failed."""
    site = load_site(name)
    if site.slurm is not None:
        forget_own_job()
    place = (directory or _default_directory(site)).resolve()
    messages = Console(stderr=True)
    with messages.status(f"trying {site.name}") as status:
        checks = check_site(site, place, nodes, status.update)
    if as_json:
        print_json({"site": site.name, "directory": str(place), "pools": list(map(_doc, checks))})
    else:
        for check in checks:
            console.print(check_table(check))
        _print_end(site, checks)
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


def _default_directory(site: Site) -> Path:
    """Here, unless the site says that nodes do not see this directory."""
    here = Path.cwd()
    if site.slurm is None or site.slurm.sees(here):
        return here
    return site.slurm.shared_folders[0]


def _doc(check: PoolCheck) -> dict[str, Any]:
    return {
        "pool": check.pool,
        "ok": check.is_ok,
        "nodes": check.nodes,
        "queue_seconds": check.queue_seconds,
        "findings": [dataclasses.asdict(finding) for finding in check.findings],
        "speed": check.measurement.model_dump() if check.measurement else None,
        "folder": str(check.folder) if check.has_log else None,
    }


def _print_end(site: Site, checks: list[PoolCheck]) -> None:
    if all(check.is_ok for check in checks):
        console.print(f"[green]{site.name} is ready[/]; `perrin plan` counts with this speed")
        return
    console.print(f"[red]{site.name} is not ready[/]")
    for check in checks:
        if check.has_log:
            console.print(f"logs: {check.folder}", soft_wrap=True, highlight=False)
