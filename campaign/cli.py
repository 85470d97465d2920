"""The `perrin` command."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import PerrinError, __version__
from .claims import Claim, read_claims
from .drain import request_drain
from .journal import read_state
from .layout import Layout
from .learning.cost import learning_cost
from .learning.damage import verify as verify_learning
from .learning.ending import ending_of
from .learning.library import Library
from .learning.selection import selections_of
from .lease import holder, newest_generation
from .listing import replicas as list_replicas
from .listing import state_points as list_state_points
from .load import load_campaign
from .open_plan import open_plan
from .plan import Plan
from .preflight import preflight
from .processes import ProcessName
from .progress import describe, make_watcher
from .runner import run_campaign
from .scaffold import write_scaffold
from .standing import Standing, measure_standing
from .store import Store
from .tables import duration, listing_table, plan_table, reduction_table, training_rows
from .why import explain


class LearningError(PerrinError, ValueError):
    """Learning was asked of a campaign that cannot learn, or not yet."""


DRAIN_POLL_SECONDS = 0.2
WIDE = 200
"""Columns for tables that nobody sees on a terminal: nothing is cut."""

app = typer.Typer(
    help="Campaigns of colloid simulations, from one file to fields with error bars.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
console = Console()

File = Annotated[Path, typer.Argument(help="The campaign file.", metavar="CAMPAIGN.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
SiteName = Annotated[str | None, typer.Option("--site", help="Run there, not where the file says.")]


def main() -> None:
    """Run the command line; errors that users can mend are one message and exit status 1."""
    try:
        app()
    except (PerrinError, OSError) as error:
        Console(stderr=True, highlight=False).print(Text(f"error: {error}"), soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _version(wanted: bool) -> None:
    if wanted:
        console.print(f"perrin {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


@app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Where to put the campaign.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a campaign file to start from, and a JSON schema for editors."""
    written = write_scaffold(directory, directory.resolve().name)
    if as_json:
        _print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        console.print(f"wrote {path}")
    console.print(f"next: perrin plan {directory / 'campaign.toml'}")


@app.command()
def plan(file: File, site: SiteName = None, as_json: AsJson = False) -> None:
    """Validate a campaign and say what it will cost; runs nothing."""
    planned, layout, store = _open(file, site)
    quarantined = read_state(layout.journal).quarantined
    cost, warnings = planned.cost(store, quarantined), preflight(planned)
    selections = selections_of(planned.campaign, read_state(layout.journal).selections)
    to_come = learning_cost(planned, selections)
    done = sum(planned.is_published(key, store) for key in planned.wanted)
    if as_json:
        _print_json(
            {
                "campaign": planned.campaign.name,
                "state_points": len(planned.points),
                "replicas": planned.replica_count,
                "replicas_published": done,
                "replicas_per_task": planned.replicas_per_task(planned.replica_count),
                "segment_steps": planned.segment_steps,
                "left": dataclasses.asdict(cost),
                "learning": dataclasses.asdict(to_come) if planned.campaign.learning else None,
                "warnings": warnings,
            }
        )
        return
    console.print(plan_table(planned, cost, to_come, done, layout.root))
    for warning in warnings:
        console.print(f"[yellow]warning:[/] {warning}", soft_wrap=True)


@app.command()
def run(
    file: File,
    site: SiteName = None,
    takeover: Annotated[
        bool, typer.Option("--takeover", help="Take the campaign from a manager that hangs.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try what is in quarantine again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compute what is missing of a campaign; continues whatever was interrupted."""
    began = time.monotonic()
    with make_watcher(Console(stderr=as_json)) as watcher:
        standing = run_campaign(file, watcher, site=site, takeover=takeover, retry=retry)
    library = _library(file, site)
    ending = ending_of(library) if library is not None else None
    complete = standing.is_complete and (library is None or ending is not None)
    if as_json:
        document = _standing_document(standing)
        document["learning"] = dataclasses.asdict(ending) if ending else None
        _print_json(document)
    else:
        console.print(f"{describe(standing)} in {duration(time.monotonic() - began)}")
        _print_quarantine(Layout.of(file))
        if ending is not None:
            console.print(f"learning: {ending.text}", soft_wrap=True, highlight=False)
            console.print(f"next: perrin report {file}", soft_wrap=True)
        elif not complete and not standing.replicas_quarantined:
            console.print(f"not finished; continue with: perrin run {file}")
    if not complete or (ending is not None and ending.is_failure):
        raise typer.Exit(1)


@app.command()
def train(
    file: File,
    site: SiteName = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try what is in quarantine again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train a committee on what is published so far; simulates and selects nothing."""
    from .learning.training_table import training_table

    if load_campaign(file).learning is None:
        raise LearningError(f"{file}: no [learning] table, so there is nothing to train")
    with make_watcher(Console(stderr=as_json)) as watcher:
        run_campaign(file, watcher, site=site, retry=retry, only_train=True)
    library = _library(file, site)
    committee = library.committee_so_far() if library is not None else None
    if library is None or committee is None:
        raise LearningError(f"{file}: no field is simulated yet; begin with `perrin run {file}`")
    rows = training_table(library, committee)
    if as_json:
        _print_json({"members": rows, "missing": len(committee.missing)})
    else:
        console.print(training_rows(rows))
        for row in rows:
            console.print(f"member {row['member']}  {row['file']}", soft_wrap=True)
        _print_quarantine(Layout.of(file))
    if committee.missing or not committee.is_usable:
        raise typer.Exit(1)


@app.command()
def status(file: File, as_json: AsJson = False) -> None:
    """Say where a campaign stands and who manages it."""
    planned, layout, store = _open(file)
    store.read_checkpoints()
    claims = [claim for claim in read_claims(layout.claims) if _is_live(claim, layout)]
    state = read_state(layout.journal)
    standing = measure_standing(planned, store, state.quarantined, claims)
    manager = _living_manager(layout)
    if as_json:
        document = _standing_document(standing)
        document["manager"] = manager.as_document() if manager else None
        document["quarantined"] = state.quarantined
        library = _library(file)
        document["learning"] = _learning_state(library, claims) if library else None
        _print_json(document)
        return
    share = 100 * standing.steps_done / max(1, standing.steps_total)
    library = _library(file)
    table = Table(show_header=False, box=None)
    table.add_row("replicas", f"{standing.replicas_done} of {standing.replicas_total} published")
    table.add_row("running", f"{standing.replicas_running} in {len(claims)} tasks")
    table.add_row("waiting", str(standing.replicas_waiting))
    table.add_row("steps", f"{share:.0f} %")
    if library is not None:
        table.add_row("learning", _learning_state(library, claims))
    table.add_row("manager", f"process {manager.pid} on {manager.host}" if manager else "none")
    console.print(table)
    _print_quarantine(layout)


@app.command()
def stop(file: File, as_json: AsJson = False) -> None:
    """Ask a running campaign to checkpoint and leave, and wait until it has."""
    layout = Layout.of(file)
    manager = _living_manager(layout)
    if manager is not None:
        request_drain(layout.lease, newest_generation(layout.lease))
        with Console(stderr=True).status("waiting for the running segments to end"):
            while _living_manager(layout) == manager:
                time.sleep(DRAIN_POLL_SECONDS)
    if as_json:
        _print_json({"stopped": manager.as_document() if manager else None})
    elif manager is None:
        console.print("no manager is running")
    else:
        console.print(f"stopped; continue with: perrin run {file}")


@app.command()
def reduce(file: File, as_json: AsJson = False) -> None:
    """Reduce the published replicas to fields with standard errors: NetCDF, and a plot."""
    from ..analysis.dataset import save
    from ..analysis.plots import plot_one_body
    from .reduce import reduce_campaign

    planned, layout, store = _open(file)
    dataset, damaged = reduce_campaign(planned, layout, store)
    layout.reduced.mkdir(exist_ok=True)
    data, picture = layout.reduced / "one_body.nc", layout.reduced / "one_body.png"
    save(dataset, data)
    drawn = plot_one_body(dataset, picture, planned.campaign.name)
    if as_json:
        _print_json({"data": str(data), "plot": str(picture), "damaged": damaged})
    else:
        console.print(reduction_table(dataset))
        console.print("balance p: p value of the force balance (numbers tested at once)")
        console.print(f"fields   {data}", soft_wrap=True)
        shown = f" (the first {drawn} state points)" if drawn < len(planned.points) else ""
        console.print(f"plot     {picture}{shown}", soft_wrap=True)
    for name in damaged:
        message = f"{name} is damaged and left out; `perrin run {file}` recomputes its replicas"
        Console(stderr=True).print(f"[yellow]warning:[/] {message}", soft_wrap=True)
    if damaged:
        raise typer.Exit(1)


@app.command()
def report(
    file: File,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it there, not beside the data.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a report of a campaign as it stands now: one HTML file that needs nothing else."""
    from .report.gathering import gather
    from .report.page import write_page
    from .report.round_table import as_documents, terminal_table

    planned, layout, store = _open(file)
    findings = gather(planned, layout, store, file.read_text(encoding="utf-8"))
    path = output or layout.report
    write_page(findings, path)
    learned = findings.learned
    if as_json:
        rounds = as_documents(learned) if learned is not None else []
        ending = learned.ending.text if learned is not None and learned.ending else None
        _print_json(
            {
                "report": str(path),
                "rounds": rounds,
                "ending": ending,
                "complaints": findings.complaints,
            }
        )
    else:
        if learned is not None and learned.rounds:
            console.print(terminal_table(learned))
        console.print(f"report   {path}", soft_wrap=True)
    for complaint in findings.complaints:
        message = f"could not be used: {complaint}"
        Console(stderr=True).print(f"[yellow]warning:[/] {message}", soft_wrap=True)


@app.command()
def ls(
    file: File,
    replicas: Annotated[bool, typer.Option("--replicas", help="One line per replica.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the state points of a campaign, or its replicas."""
    planned, layout, store = _open(file)
    store.read_checkpoints()
    quarantined = set(read_state(layout.journal).quarantined)
    rows = (list_replicas if replicas else list_state_points)(planned, store, quarantined)
    if as_json:
        _print_json(rows)
        return
    wide = console if console.is_terminal else Console(width=WIDE)
    wide.print(listing_table(rows))


@app.command()
def why(
    file: File,
    key: Annotated[str, typer.Argument(help="Key of a replica, or how it begins.")],
    as_json: AsJson = False,
) -> None:
    """Say why a replica was computed, or recomputed, or waits."""
    planned, layout, store = _open(file)
    store.read_checkpoints()
    explanation = explain(planned, layout, store, key)
    if as_json:
        _print_json(dataclasses.asdict(explanation))
        return
    console.print(f"{explanation.key}: {explanation.state}")
    for line in explanation.story:
        console.print(f"  {line}", soft_wrap=True, highlight=False)


@app.command()
def verify(file: File, as_json: AsJson = False) -> None:
    """Check the digest of every result file; what fails is set aside and recomputed by `run`."""
    layout = Layout.of(file)
    load_campaign(file)
    store = Store.open(layout)
    count = sum(1 for _ in layout.results.glob("*.h5"))
    learned, failures = verify_learning(store)
    count, failures = count + learned, [*store.verify(), *failures]
    if as_json:
        _print_json({"files": count, "damaged": [str(failure) for failure in failures]})
    else:
        console.print(f"{count} files checked, {len(failures)} damaged")
        for failure in failures:
            console.print(f"  {failure}: moved to {layout.damaged}", soft_wrap=True)
    if failures:
        raise typer.Exit(1)


def _open(file: Path, site: str | None = None) -> tuple[Plan, Layout, Store]:
    planned, layout = open_plan(file, site)
    return planned, layout, Store.open(layout)


def _library(file: Path, site: str | None = None) -> Library | None:
    """What a learning campaign has made so far; None for one that only simulates."""
    planned, layout, store = _open(file, site)
    if planned.campaign.learning is None:
        return None
    return Library(planned, layout, store, read_state(layout.journal))


def _learning_state(library: Library, claims: list[Claim]) -> str:
    """In a few words: what is being done, or why it has ended, or how far it is."""
    titles = sorted({claim.title for claim in claims if claim.title})
    if titles:
        return "; ".join(titles)
    ending = ending_of(library)
    if ending is not None:
        return ending.text
    return f"{len(library.selections)} of {library.learning.rounds} rounds selected"


def _living_manager(layout: Layout) -> ProcessName | None:
    """Process that manages the campaign, as far as this host can tell."""
    manager = holder(layout.lease)
    return None if manager and manager.is_local and not manager.is_alive() else manager


def _is_live(claim: Claim, layout: Layout) -> bool:
    """Whether a claim is of the newest manager and, as far as one can tell, of a live process."""
    dead = claim.process.is_local and not claim.process.is_alive()
    return claim.generation == newest_generation(layout.lease) and not dead


def _standing_document(standing: Standing) -> dict[str, Any]:
    document = dataclasses.asdict(standing)
    return {**document, "complete": standing.is_complete, "waiting": standing.replicas_waiting}


def _print_quarantine(layout: Layout) -> None:
    quarantined = read_state(layout.journal).quarantined
    for key, reason in quarantined.items():
        console.print(f"[red]quarantined[/] {key[:12]}  {reason}", soft_wrap=True)
    if quarantined:
        console.print("see `perrin why KEY`; mend the cause, then `perrin run --retry`")


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2))
