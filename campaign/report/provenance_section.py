"""Section: which software on which machine, and the campaign file itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .blocks import Section, Source, Table
from .findings import Findings
from .numbers import NOTHING


def section(findings: Findings) -> Section:
    """Tabulate the software, and show the campaign file."""
    rows = tuple((name, text) for name, text in _rows(findings.software))
    blocks = (Table(("software", "version"), rows), Source("Campaign file", findings.source))
    return Section("Provenance", blocks)


def _rows(software: Mapping[str, Any]) -> list[tuple[str, str]]:
    named = {**software}
    commit, dirty = named.pop("git_commit", None), named.pop("git_dirty", None)
    changes = ", with uncommitted changes" if dirty else ""
    rows = [("commit", f"{commit}{changes}" if commit else NOTHING)]
    return [*rows, *((name.replace("_", " "), str(value)) for name, value in named.items())]
