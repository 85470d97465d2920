"""`perrin report`."""

from __future__ import annotations

from pathlib import Path

from ..report.gathering import gather
from ..report.page import write_page
from ..report.round_table import as_documents, terminal_table
from .opening import open_campaign
from .printing import console, print_json, warn


def write_report(file: Path, output: Path | None, as_json: bool) -> None:
    """Write the report of a campaign as it stands."""
    planned, layout, store = open_campaign(file)
    findings = gather(planned, layout, store, file.read_text(encoding="utf-8"))
    path = output or layout.report
    write_page(findings, path)
    learned = findings.learned
    if as_json:
        rounds = as_documents(learned) if learned is not None else []
        ending = learned.ending.text if learned is not None and learned.ending else None
        print_json(
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
        warn(f"could not be used: {complaint}")
