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

Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask before a cluster is asked for blocks.")
]

Site = Annotated[str, typer.Argument(help="Name of a site, or path of a .toml file.")]
Keys = Annotated[
    list[str] | None,
    typer.Argument(help="Keys, or how they begin; default: all.", metavar="[KEY]..."),
]

sites = typer.Typer(help="The machines that campaigns run on.", no_args_is_help=True)
app.add_typer(sites, name="sites")
quarantine = typer.Typer(help="What failed too often to be tried again.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")


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
def plan(
    file: File,
    site: SiteName = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Time some steps here to estimate the cost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Validate a campaign and say what it will cost; runs nothing."""
    from .verbs.plan import show_plan

    show_plan(file, site, measure=measure, as_json=as_json)


@app.command(
    epilog="Exit status: 0 finished; 1 failed, or something is in quarantine; 3 asked to leave "
    "(by `perrin stop`, SIGTERM or the end of a walltime) with work left; 130 the same by Ctrl-C."
)
def run(
    file: File,
    site: SiteName = None,
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background.")] = False,
    as_job: Annotated[
        bool, typer.Option("--as-job", help="Run as a small Slurm job that renews itself.")
    ] = False,
    takeover: Annotated[
        bool, typer.Option("--takeover", help="Take the campaign from a manager that hangs.")
    ] = False,
    retry: Retry = False,
    yes: Yes = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print the ending only; `perrin log` shows the rest.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compute what is missing of a campaign; continues whatever was interrupted."""
    from .verbs.background import run_as_job, run_detached
    from .verbs.consent import ask_to_spend
    from .verbs.run import run_and_show

    if detach and as_job:
        raise typer.BadParameter("--detach and --as-job exclude each other")
    ask_to_spend(file, site, yes=yes, retry=retry)
    if detach:
        run_detached(file, site, takeover=takeover, retry=retry, as_json=as_json)
    elif as_job:
        run_as_job(file, site, takeover=takeover, retry=retry, as_json=as_json)
    else:
        run_and_show(file, site, takeover=takeover, retry=retry, quiet=quiet, as_json=as_json)


@app.command()
def train(
    file: File,
    site: SiteName = None,
    retry: Retry = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Train a committee on what is published so far; simulates and selects nothing."""
    from .verbs.train import train_and_show

    train_and_show(file, site, retry=retry, yes=yes, as_json=as_json)


@app.command()
def status(
    file: File,
    watch: Annotated[bool, typer.Option("--watch", help="Keep showing it, until it ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say where a campaign stands and who manages it."""
    from .verbs.status import show_status

    if watch and as_json:
        raise typer.BadParameter("--watch and --json exclude each other")
    show_status(file, as_json=as_json, watch=watch)


@app.command()
def stop(file: File, as_json: AsJson = False) -> None:
    """Ask a running campaign to checkpoint and leave, and wait until it has."""
    from .verbs.stop import stop_campaign

    stop_campaign(file, as_json)


@app.command()
def log(
    file: File,
    lines: Annotated[int, typer.Option("--lines", min=0, help="How many lines.")] = 40,
    follow: Annotated[
        bool, typer.Option("--follow", help="Print what comes, until Ctrl-C.")
    ] = False,
) -> None:
    """Print what the managers of a campaign said."""
    from .verbs.log import show_log

    show_log(file, lines=lines, follow=follow)


@app.command()
def retry(file: File, keys: Keys = None, as_json: AsJson = False) -> None:
    """Release from quarantine; a running manager takes it up, or else the next one."""
    from .verbs.quarantine import release

    release(file, keys or [], as_json)


@quarantine.command("list")
def quarantine_list(file: File, as_json: AsJson = False) -> None:
    """List what is in quarantine, and why."""
    from .verbs.quarantine import list_quarantine

    list_quarantine(file, as_json)


@quarantine.command("release")
def quarantine_release(file: File, keys: Keys = None, as_json: AsJson = False) -> None:
    """Release from quarantine, as `perrin retry` does."""
    from .verbs.quarantine import release

    release(file, keys or [], as_json)


@app.command()
def reduce(
    file: File,
    over_time: Annotated[
        bool, typer.Option("--over-time", help="Block by block in time, not a steady state.")
    ] = False,
    sound: Annotated[
        bool, typer.Option("--sound", help="Leave state points out that should not be trusted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Reduce the published replicas to fields with standard errors: NetCDF, and a plot."""
    from .verbs.reduce import reduce_and_show

    if over_time and sound:
        raise typer.BadParameter("--over-time and --sound exclude each other")
    reduce_and_show(file, over_time=over_time, only_sound=sound, as_json=as_json)


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


@sites.command("list")
def sites_list(as_json: AsJson = False) -> None:
    """List the sites that --site knows by name."""
    from .verbs.sites import list_sites

    list_sites(as_json)


@sites.command("show")
def sites_show(name: Site, as_json: AsJson = False) -> None:
    """Show every field of a site, and what its blocks ask Slurm for."""
    from .verbs.sites import show_site

    show_site(name, as_json)


@sites.command("check")
def sites_check(
    name: Site,
    directory: Annotated[
        Path | None, typer.Option(help="Where campaigns will lie; by default here.")
    ] = None,
    nodes: Annotated[
        int | None, typer.Option(min=1, help="Nodes to try; by default two if the site allows.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try a site out with a small job: Python, files, network, MPI, GPUs, clocks, speed."""
    from .verbs.sites import try_site

    try_site(name, directory, nodes, as_json)
