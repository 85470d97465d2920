"""The members of a committee, and how well each of them does."""

from __future__ import annotations

from typing import Any

from .library import SMALLEST_COMMITTEE, Committee, Library


def training_table(library: Library, committee: Committee) -> list[dict[str, Any]]:
    """One row per trained member: losses of its last epoch, and its error on held-out fields."""
    from ...ml.evaluation import judge
    from ...ml.trained import load_trained

    trained = [load_trained(path) for path in committee.paths]
    held_out = library.held_out()
    judgement = None
    if held_out is not None and held_out.names and len(trained) >= SMALLEST_COMMITTEE:
        judgement = judge([member.functional.profile for member in trained], held_out)
    rows = []
    for number, member in enumerate(trained):
        last = member.history[-1]
        error = judgement.members[number] if judgement is not None else None
        rows.append(
            {
                "member": member.member["number"],
                "fields": len(committee.data.outline.names) - len(member.member["validation"]),
                "epochs": len(member.history),
                "loss": last["loss"],
                "validation": last["validation"],
                "error": error.value if error else None,
                "error_error": error.error if error else None,
                "seconds": member.training["seconds"],
                "file": str(committee.paths[number]),
            }
        )
    return rows
