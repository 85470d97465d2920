"""What became of a try."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..engines.ensemble import Row


@dataclass
class Outcome:
    """What a worker tells the manager.

    Attributes
    ----------
    ending
        "published", "drained" (checkpointed, more to do), "failed" (nothing to publish),
        "damaged" (what it starts from is not as it was written), "crashed" (a process of a group
        died) or "unlaunched" (a group never began).
    file, size, digest, rows
        The published ensemble file, if the task simulated; the damaged file.
    failures
        Key of a member -> traceback.
    stages
        Unix time at which each stage of the try was reached.
    worker
        Process that ran it.
    reason
        What is known of a crash, of a group that never began, or of a source that is gone.
    """

    ending: str
    file: str = ""
    size: int = 0
    digest: str = ""
    rows: list[Row] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    worker: dict[str, Any] = field(default_factory=dict)
    reason: str = ""

    def as_document(self) -> dict[str, Any]:
        """Plain values, the inverse of `from_document`."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Outcome:
        """Inverse of `as_document`."""
        rows = [row if isinstance(row, Row) else Row(*row) for row in document["rows"]]
        return cls(**{**document, "rows": rows})
