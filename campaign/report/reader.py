"""Reading what may be damaged: complaints instead of exceptions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ... import PerrinError

T = TypeVar("T")


@dataclass
class Reader:
    """Calls what reads files, and collects what it cannot use.

    Attributes
    ----------
    complaints
        One line for each thing, naming the file.
    """

    complaints: list[str] = field(default_factory=list)

    def read(self, function: Callable[[], T]) -> T | None:
        """Return what `function` returns, or None and a complaint."""
        try:
            return function()
        except (PerrinError, OSError) as error:
            self.complain(str(error))
            return None

    def complain(self, text: str) -> None:
        """Say something once."""
        if text not in self.complaints:
            self.complaints.append(text)
