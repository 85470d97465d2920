"""Why a loop has ended, and what to do if that was too early."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Purpose
from .library import SMALLEST_COMMITTEE, Committee, Library
from .selection import Selection

ENOUGH = 0.9
"""Share of accurate candidates, among those that the committee can judge, that is convergence."""


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
    if selections and not selections[-1].chosen:
        ending = _without_choice(selections[-1])
        return None if library.baseline_lacks_members() and not ending.is_failure else ending
    committee = library.committee(Purpose.SELECTED, len(selections))
    if committee is not None and committee.lacks_fields:
        return Ending(
            f"{len(committee.data.outline.names)} of the simulated fields can be learned from; all "
            "others have places that particles hardly ever visit (density below 0.01): lower "
            "problem.random.field.amplitude_z",
            is_failure=True,
        )
    if committee is None or committee.missing:
        return None
    if not committee.is_usable:
        return _without_committee(committee)
    if len(selections) < library.learning.rounds:
        return _without_exploration(library, committee)
    if library.baseline_lacks_members():
        return None
    return Ending(f"the budget of {len(selections)} rounds is spent")


def _without_choice(selection: Selection) -> Ending:
    """Tell convergence from a committee that could not judge."""
    doubtful = sum(selection.reasons.get(reason, 0) for reason in _DOUBTS)
    if selection.accurate and selection.accurate >= ENOUGH * (selection.accurate + doubtful):
        return Ending(
            f"converged in round {selection.round}: {selection.accurate} of {selection.explored} "
            f"candidates deviate by less than {selection.low:.3g} epsilon/sigma"
            f"{', ' + _failed(selection) if selection.failed else ''}"
        )
    first = (
        f"every candidate of round {selection.round} failed{_reasons(selection)}"
        if not selection.accurate
        else f"round {selection.round} left nothing to simulate, but it did not converge: "
        f"{selection.accurate} accurate, {_failed(selection)}"
    )
    advice = " ".join(_ADVICE[reason] for reason in selection.reasons if reason in _ADVICE)
    return Ending(f"{first}. {advice}", is_failure=True)


def _failed(selection: Selection) -> str:
    return f"{selection.failed} failed{_reasons(selection)}"


def _without_exploration(library: Library, committee: Committee) -> Ending | None:
    round_ = committee.round + 1
    tasks = library.explorations(round_, committee)
    reasons = [library.state.quarantined.get(task.key) for task in tasks]
    if None in reasons:
        return None
    return Ending(
        f"round {round_} could not be explored: {reasons[0]}; mend the cause, and continue with "
        "`perrin run --retry`",
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
_DOUBTS = ("no convergence", "not a number", "deviation above the trust level")
"""Reasons that speak against the committee, not against the candidate."""
