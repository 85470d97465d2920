"""What a check found, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How good a finding is."""

    OK = "ok"
    WARNING = "warn"
    FAILED = "FAIL"
    SKIPPED = "-"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name
        What it is.
    text
        What was found.
    advice
        What to do about it; nothing if all is well.
    """

    name: str
    verdict: Verdict
    text: str
    advice: str = ""


def ok(name: str, text: str) -> Finding:
    """All is well."""
    return Finding(name, Verdict.OK, text)


def warning(name: str, text: str, advice: str) -> Finding:
    """Campaigns will run, but somebody should know."""
    return Finding(name, Verdict.WARNING, text, advice)


def failed(name: str, text: str, advice: str) -> Finding:
    """Campaigns will not run."""
    return Finding(name, Verdict.FAILED, text, advice)


def skipped(name: str, text: str) -> Finding:
    """Not looked at, and not needed."""
    return Finding(name, Verdict.SKIPPED, text)
