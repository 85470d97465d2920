"""Run every benchmark and write what they print into docs/performance.md."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PAGE = FOLDER.parent / "docs" / "performance.md"
BEGIN, END = "<!-- benchmarks -->", "<!-- end of benchmarks -->"


def run(script: Path) -> dict[str, Any]:
    """Run one benchmark, pass its output on, and return the JSON of its last line."""
    print(f"== {script.name}", flush=True)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as done:
        lines = []
        for line in done.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if done.returncode:
        sys.exit(f"{script.name} failed with status {done.returncode}")
    report: dict[str, Any] = json.loads(lines[-1])
    return report


def table(reports: list[dict[str, Any]]) -> str:
    """Format the cases of all reports as one table."""
    first = reports[0]
    rows = [
        f"Measured on {datetime.date.today()}, {first['machine']}, commit {first['commit']}.",
        "",
        "| benchmark | case | perrin | peer | unit | ratio | target |",
        "|---|---|---|---|---|---|---|",
    ]
    for report in reports:
        for name, case in report["cases"].items():
            target = case["target"] if case["target"] is not None else "-"
            rows.append(
                f"| {report['benchmark']} | {name} | {case['perrin']:.4g} | {case['peer']:.4g} | "
                f"{case['unit']} | {case['ratio']:.2f} | {target} |"
            )
    return "\n".join(rows)


def main() -> None:
    """Run all, then replace the table between the two marks of the page."""
    reports = [run(script) for script in sorted(FOLDER.glob("[!_]*.py"))]
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table(reports)}\n{END}{after}")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
