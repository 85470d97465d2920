"""Sites and their checks on a terminal."""

from __future__ import annotations

import json

from rich.table import Table
from rich.text import Text

from ...site_configs.site import Site
from .finding import Finding, Verdict
from .trial import PoolCheck

_WIDTHS = (4, 8, 1)
_OTHER_SHAPES = ("slurm.mpi.", "slurm.training.", "slurm.manager.")
_STYLES = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.SKIPPED: "dim",
}


def check_table(check: PoolCheck) -> Table:
    """Findings of one pool, a line each, with advice below."""
    table = Table(
        title=Text(_title(check), style="bold"),
        title_justify="left",
        show_header=False,
        box=None,
        padding=(0, 1, 0, 0),
    )
    for width in _WIDTHS:
        table.add_column(min_width=width)
    for finding in check.findings:
        verdict = Text(finding.verdict, style=_STYLES[finding.verdict])
        table.add_row(verdict, finding.name, Text(_words(finding), overflow="fold"))
    return table


def _title(check: PoolCheck) -> str:
    parts = [f"{check.pool}: {', '.join(check.nodes) or 'no node'}"]
    if check.queue_seconds:
        parts.append(f"{check.queue_seconds:.0f} s in the queue")
    return ", ".join(parts)


def _words(finding: Finding) -> str:
    return f"{finding.text}\n-> {finding.advice}" if finding.advice else finding.text


def site_table(rows: list[dict[str, str]]) -> Table:
    """Sites by name."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    names = ("name", "kind", "executor", "whose")
    for name in names:
        table.add_column(name, no_wrap=name != "kind")
    for row in rows:
        table.add_row(*(Text(row[name]) for name in names))
    return table


def field_table(site: Site) -> Table:
    """Every field with its value, and whether that is the default."""
    given = site.given()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in site.flat().items():
        if value is None and name.startswith(_OTHER_SHAPES):
            continue
        mark = "" if name in given else "default"
        table.add_row(Text(name), Text(_toml(value), overflow="fold"), Text(mark, style="dim"))
    return table


def _toml(value: object) -> str:
    return "-" if value is None else json.dumps(value)
