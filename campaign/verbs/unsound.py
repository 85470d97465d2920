"""State points of a reduction that should not be trusted: named, or left out."""

from __future__ import annotations

from typing import Any

from ... import PerrinError
from .printing import console

SHOWN_DIGITS = 8


class NothingSoundError(PerrinError, RuntimeError):
    """A reduction without a single sound state point, of which only those were wanted."""


def unsound_points(dataset: Any) -> dict[str, str]:
    """State point -> why it is not sound, of an `analysis.dataset.one_body_dataset`."""
    reasons = zip(dataset["state_point"].values, dataset["unsound_because"].values, strict=True)
    return {str(name): str(reason) for name, reason in reasons if reason}


def sound_part(dataset: Any) -> Any:
    """Leave unsound state points out; `NothingSoundError` if nothing is left."""
    if not dataset["is_sound"].any():
        raise NothingSoundError(
            f"none of {dataset.sizes['state_point']} state points is sound: see why with "
            "`perrin reduce` without --sound"
        )
    return dataset.isel(state_point=dataset["is_sound"].values.nonzero()[0])


def print_unsound(unsound: dict[str, str], total: int, *, left_out: bool) -> None:
    """Print which of `total` state points are not sound, and why."""
    if not unsound:
        return
    what = "left out" if left_out else "unsound"
    console.print(f"[yellow]{what}[/] {len(unsound)} of {total} state points:", highlight=False)
    for name, reason in unsound.items():
        console.print(f"  {name[:SHOWN_DIGITS]}  {reason}", soft_wrap=True, highlight=False)
