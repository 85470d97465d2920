"""`perrin quarantine`, and `perrin retry`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from ... import PerrinError
from ..journal import JournalState, read_state
from ..layout import Layout
from ..lease import living_holder
from ..open_plan import open_plan
from ..plan import Plan
from ..releases import request_release, with_requests
from .printing import console, print_json

SHOWN_DIGITS = 12


class QuarantineError(PerrinError, KeyError):
    """A key that is not in quarantine."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Inmate:
    """Something in quarantine: its key, what it is, why it is there, and how often it was tried."""

    key: str
    what: str
    reason: str
    tries: int


def list_quarantine(file: Path, as_json: bool) -> None:
    """Print what is in quarantine."""
    planned, layout = open_plan(file)
    state = _state(layout)
    inmates = [_inmate(key, state, planned) for key in state.quarantined]
    if as_json:
        print_json([asdict(inmate) for inmate in inmates])
        return
    if not inmates:
        console.print("nothing is in quarantine")
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("key", "what", "tries", "reason"):
        table.add_column(name, overflow="fold")
    for each in inmates:
        table.add_row(each.key[:SHOWN_DIGITS], each.what, str(each.tries), each.reason)
    console.print(table)
    console.print(
        f"see `perrin why {file} KEY`; mend the cause, then `perrin retry {file} [KEY...]`",
        soft_wrap=True,
    )


def release(file: Path, keys: list[str], as_json: bool) -> None:
    """Release some of what is in quarantine, or all of it."""
    layout = Layout.of(file)
    quarantined = _state(layout).quarantined
    released = sorted({_complete(key, quarantined) for key in keys} or quarantined)
    manager = living_holder(layout.lease)
    if released:
        request_release(layout.lease, released)
    if as_json:
        manages = manager.as_document() if manager else None
        print_json({"released": released, "manager": manages})
    elif not released:
        console.print("nothing is in quarantine")
    else:
        count = "1 entry" if len(released) == 1 else f"{len(released)} entries"
        console.print(f"released {count} from quarantine")
        if manager is not None:
            console.print(f"process {manager.pid} on {manager.host} takes them up")
        else:
            console.print(f"next: perrin run {file}", soft_wrap=True)


def _state(layout: Layout) -> JournalState:
    return with_requests(read_state(layout.journal), layout.lease)


def _inmate(key: str, state: JournalState, planned: Plan) -> Inmate:
    tries = state.failures.get(key, 0) + state.crashes.get(key, 0)
    return Inmate(key, _what(key, planned), state.quarantined[key], tries)


def _what(key: str, planned: Plan) -> str:
    if key not in planned.wanted:
        return "member, exploration, or replica no longer wanted"
    point, replica = planned.wanted[key]
    parameters = point.parameters
    return (
        f"replica {replica} of {point.physics.state_point_hash[:8]} "
        f"(N {parameters.particles}, T {parameters.temperature:g})"
    )


def _complete(prefix: str, quarantined: dict[str, str]) -> str:
    matches = [key for key in quarantined if key.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise QuarantineError(f"{prefix}: begins {len(matches)} keys; give more digits")
    raise QuarantineError(f"{prefix}: not in quarantine; `perrin quarantine list` shows what is")
