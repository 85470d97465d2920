"""What the job of a manager runs: `python -m perrin.campaign.manager_job_entry FILE ...`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .. import PerrinError
from ..site_configs.site import SiteError
from ..site_configs.slurm_queue import QueueError
from .conclusion import FAILED, conclude
from .journal import deaths_in_a_row
from .layout import Layout
from .logbook import Logbook
from .manager_job import submit_manager, time_to_leave
from .open_plan import open_plan
from .progress import Silence
from .runner import run_campaign
from .speed import at_known_speed
from .store import Store
from .succession import Succession

MOST_DEATHS = 3


def main() -> None:
    """Run the manager of a campaign until it is finished or its walltime is nearly over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--site")
    parser.add_argument("--takeover", action="store_true")
    parser.add_argument("--successor", action="store_true", help="follows another such job")
    options = parser.parse_args()
    try:
        status = run(options.file, options.site, options.takeover, options.successor)
    except (PerrinError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        status = FAILED
    sys.exit(status)


def run(file: Path, site: str | None, takeover: bool, is_successor: bool) -> int:
    """Run one manager of the chain; return its exit status."""
    layout = Layout.of(file)
    log = Logbook(layout.log)
    if is_successor and deaths_in_a_row(layout.journal) >= MOST_DEATHS:
        log.write(f"the last {MOST_DEATHS} managers died and got nothing done; see the journal")
        return FAILED
    succession = _succession(file, site, log)
    try:
        departure = run_campaign(
            file, Silence(), site=site, takeover=takeover, succession=succession
        )
        conclusion = conclude(file, site, departure)
    except QueueError:
        succession.ensure_successor()
        raise
    except BaseException:
        succession.cancel_successor()
        raise
    if conclusion.is_complete or not succession.goes_on:
        succession.cancel_successor()
    else:
        succession.ensure_successor()
    return conclusion.exit_status


def _succession(file: Path, site: str | None, log: Logbook) -> Succession:
    plan, layout = open_plan(file, site)
    plan = at_known_speed(plan, Store.open(layout))
    slurm = plan.site.slurm
    if slurm is None:
        raise SiteError(f"site {plan.site.name} is no Slurm cluster")
    walltime = slurm.manager_shape.walltime_seconds
    leave = time_to_leave(walltime, plan.segment_seconds)
    arguments = ["--successor", *(["--site", site] if site else [])]
    job = os.environ["SLURM_JOB_ID"]
    return Succession(
        job,
        walltime,
        leave,
        lambda: submit_manager(file, slurm, layout, leave, arguments, after=job),
        log,
    )


if __name__ == "__main__":
    main()
