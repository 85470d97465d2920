"""`perrin run --detach` and `perrin run --as-job`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from ... import PerrinError
from ...site_configs.site import SiteError
from ..detached import start_detached
from ..layout import Layout
from ..lease import LeaseError, living_holder
from ..manager_job import manager_jobs, submit_manager, time_to_leave
from ..open_plan import open_plan
from ..releases import request_release
from ..speed import at_known_speed
from ..store import Store
from .printing import console, print_json


class BackgroundError(PerrinError, RuntimeError):
    """A manager in the background ended before it had begun."""


def run_detached(
    file: Path, site: str | None, *, takeover: bool, retry: bool, as_json: bool
) -> None:
    """Start a manager in the background and say how to go on; exit status 1 if it cannot begin."""
    layout = Layout.of(file)
    arguments = [*_site(site), *(["--takeover"] if takeover else []), "--yes", "--quiet"]
    told = Console(stderr=True)
    started = start_detached(
        file,
        [*arguments, *(["--retry"] if retry else [])],
        lambda line: told.print(Text(line), soft_wrap=True),
    )
    process = started.process
    if started.exit_status:
        raise BackgroundError(f"the manager ended at once:\n{started.words}")
    if as_json:
        document = {"process": process.as_document(), "log": str(layout.log)}
        print_json({**document, "exit_status": started.exit_status})
    elif started.exit_status is not None:
        console.print(Text(started.words), soft_wrap=True)
    else:
        console.print(f"process {process.pid} on {process.host} manages this campaign")
        _print_next(file, layout)


def run_as_job(file: Path, site: str | None, *, takeover: bool, retry: bool, as_json: bool) -> None:
    """Submit the manager as a Slurm job and say how to go on."""
    planned, layout = open_plan(file, site)
    slurm = planned.site.slurm
    if slurm is None:
        raise SiteError(
            f"site {planned.site.name} is no Slurm cluster, so there are no jobs; use --detach"
        )
    _refuse_a_second(file, layout, takeover)
    layout.create()
    if retry:
        request_release(layout.lease, None)
    planned = at_known_speed(planned, Store.open(layout))
    leave = time_to_leave(slurm.manager_shape.walltime_seconds, planned.segment_seconds)
    arguments = [*_site(site), *(["--takeover"] if takeover else [])]
    job = submit_manager(file, slurm, layout, leave, arguments)
    if as_json:
        print_json({"job": job, "log": str(layout.log)})
        return
    console.print(f"job {job} will manage this campaign; it is followed by others until the end")
    _print_next(file, layout)


def _site(site: str | None) -> list[str]:
    """The same site for a process with another working directory."""
    if site is None:
        return []
    return ["--site", str(Path(site).resolve()) if site.endswith(".toml") else site]


def _refuse_a_second(file: Path, layout: Layout, takeover: bool) -> None:
    manager = living_holder(layout.lease)
    if manager is not None and not takeover:
        raise LeaseError(
            f"process {manager.pid} on {manager.host} manages this campaign; end it with "
            f"`perrin stop {file}`, or use --takeover if you know that it is gone"
        )
    jobs = manager_jobs(layout)
    if jobs:
        raise LeaseError(
            f"job {jobs[0].id} is there to manage this campaign; see `perrin log {file}`, end it "
            f"with `perrin stop {file}`"
        )


def _print_next(file: Path, layout: Layout) -> None:
    console.print(f"log      {layout.log}", soft_wrap=True)
    for verb in ("status", "log --follow", "stop"):
        name, *options = verb.split()
        console.print(" ".join(["next:    perrin", name, str(file), *options]), soft_wrap=True)
