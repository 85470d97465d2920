"""The `perrin` command: what can be asked; each verb is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from .. import PerrinError, __version__

app = typer.Typer(
    help="Campaigns of colloid simulations, from one file to fields with error bars.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

File = Annotated[Path, typer.Argument(help="The campaign file.", metavar="CAMPAIGN.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
SiteName = Annotated[str | None, typer.Option("--site", help="Run there, not where the file says.")]
Retry = Annotated[bool, typer.Option("--retry", help="Try what is in quarantine again.")]


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
        print(f"perrin {__version__}")
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
    from .verbs.init import make_campaign

    make_campaign(directory, as_json)


@app.command()
def plan(file: File, site: SiteName = None, as_json: AsJson = False) -> None:
    """Validate a campaign and say what it will cost; runs nothing."""
    from .verbs.plan import show_plan

    show_plan(file, site, as_json)


@app.command()
def run(
    file: File,
    site: SiteName = None,
    takeover: Annotated[
        bool, typer.Option("--takeover", help="Take the campaign from a manager that hangs.")
    ] = False,
    retry: Retry = False,
    as_json: AsJson = False,
) -> None:
    """Compute what is missing of a campaign; continues whatever was interrupted."""
    from .verbs.run import run_and_show

    run_and_show(file, site, takeover=takeover, retry=retry, as_json=as_json)


@app.command()
def train(file: File, site: SiteName = None, retry: Retry = False, as_json: AsJson = False) -> None:
    """Train a committee on what is published so far; simulates and selects nothing."""
    from .verbs.train import train_and_show

    train_and_show(file, site, retry=retry, as_json=as_json)


@app.command()
def status(file: File, as_json: AsJson = False) -> None:
    """Say where a campaign stands and who manages it."""
    from .verbs.status import show_status

    show_status(file, as_json)


@app.command()
def stop(file: File, as_json: AsJson = False) -> None:
    """Ask a running campaign to checkpoint and leave, and wait until it has."""
    from .verbs.stop import stop_campaign

    stop_campaign(file, as_json)


@app.command()
def reduce(file: File, as_json: AsJson = False) -> None:
    """Reduce the published replicas to fields with standard errors: NetCDF, and a plot."""
    from .verbs.reduce import reduce_and_show

    reduce_and_show(file, as_json)


@app.command()
def report(
    file: File,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it there, not beside the data.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a report of a campaign as it stands now: one HTML file that needs nothing else."""
    from .verbs.report import write_report

    write_report(file, output, as_json)


@app.command()
def ls(
    file: File,
    replicas: Annotated[bool, typer.Option("--replicas", help="One line per replica.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the state points of a campaign, or its replicas."""
    from .verbs.ls import list_campaign

    list_campaign(file, replicas=replicas, as_json=as_json)


@app.command()
def why(
    file: File,
    key: Annotated[str, typer.Argument(help="Key of a replica, or how it begins.")],
    as_json: AsJson = False,
) -> None:
    """Say why a replica was computed, or recomputed, or waits."""
    from .verbs.why import tell_why

    tell_why(file, key, as_json)


@app.command()
def verify(file: File, as_json: AsJson = False) -> None:
    """Check the digest of every result file; what fails is set aside and recomputed by `run`."""
    from .verbs.verify import verify_files

    verify_files(file, as_json)
