"""Why a loop has ended, and what to do if that was too early."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Purpose
from .library import SMALLEST_COMMITTEE, Committee, Library
from .selection import Selection


@dataclass(frozen=True)
class Ending:
    """The end of a loop.

    Attributes
    ----------
    text
        Why it ended, and what can be done about it.
    is_failure
        Whether it ended without having done what it was for.
    """

    text: str
    is_failure: bool = False


def ending_of(library: Library) -> Ending | None:
    """Say why the loop has ended; None while there is more to do."""
    selections = library.selections
    committee = library.committee(Purpose.SELECTED, len(selections))
    if selections and not selections[-1].chosen:
        return _without_choice(selections[-1])
    if committee is None or committee.missing:
        return None
    if not committee.is_usable:
        return _without_committee(committee)
    if len(selections) == library.learning.rounds:
        return Ending(f"the budget of {len(selections)} rounds is spent")
    return None


def _without_choice(selection: Selection) -> Ending:
    counts = f"{selection.accurate} accurate, {selection.failed} failed{_reasons(selection)}"
    if selection.accurate:
        return Ending(
            f"converged in round {selection.round}: no candidate deviates by more than "
            f"{selection.low:.3g} epsilon/sigma ({counts})"
        )
    return Ending(
        f"every candidate of round {selection.round} failed{_reasons(selection)}. "
        + " ".join(_ADVICE[reason] for reason in selection.reasons if reason in _ADVICE),
        is_failure=True,
    )


def _reasons(selection: Selection) -> str:
    listed = ", ".join(f"{count} {reason}" for reason, count in selection.reasons.items())
    return f" ({listed})" if listed else ""


def _without_committee(committee: Committee) -> Ending:
    return Ending(
        f"{len(committee.paths)} of {len(committee.members)} members of round {committee.round} "
        f"could be trained, and {SMALLEST_COMMITTEE} are needed to disagree; see the quarantine, "
        "mend the cause, and continue with `perrin run --retry`",
        is_failure=True,
    )


_ADVICE = {
    "no convergence": (
        "The committee's steady states do not settle: train on more fields "
        "(problem.random.count), longer (learning.training.epochs), or raise "
        "learning.exploration.iterations."
    ),
    "density below 0.01": (
        "The fields drive particles out of whole regions: lower problem.random.field.amplitude_z."
    ),
    "velocity outside the training range": (
        "The candidates flow faster than anything simulated: raise problem.random.count."
    ),
    "not a number": ("The committee gives no finite force: lower learning.training.learning_rate."),
    "deviation above the trust level": (
        "The committee disagrees by more than learning.trust.high: raise it, or train on more "
        "fields."
    ),
}
