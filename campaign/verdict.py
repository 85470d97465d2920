"""What is done with replicas whose try did not publish them."""

from __future__ import annotations

from .journal import Journal

CRASHES_TO_QUARANTINE = 3
CRASHES_TO_ISOLATE = 2


def judge_failures(journal: Journal, failures: dict[str, str], token: str, retries: int) -> None:
    """Count exceptions of replicas; quarantine those that have used up their retries."""
    for key, traceback in failures.items():
        journal.record("failed", replica=key, token=token, traceback=traceback)
        if journal.state.failures[key] > retries:
            reason = f"raised {journal.state.failures[key]} times; last: {last_line(traceback)}"
            journal.record("quarantined", replica=key, reason=reason, traceback=traceback)


def judge_crash(journal: Journal, keys: list[str], token: str, reason: str) -> None:
    """Count a dead worker against the replicas it had not finished, if there are any."""
    if not keys:
        return
    journal.record("crashed", replicas=keys, token=token, reason=reason)
    for key in keys:
        count = journal.state.crashes[key]
        if count >= CRASHES_TO_QUARANTINE:
            message = f"its worker died {count} times; last: {reason}"
            journal.record("quarantined", replica=key, reason=message, traceback="")


def must_isolate(journal: Journal, key: str) -> bool:
    """Whether a replica crashed, or perhaps did, so often that it may only endanger itself."""
    return journal.state.crashes.get(key, 0) + journal.suspected[key] >= CRASHES_TO_ISOLATE


def awaits_judgement(journal: Journal, key: str) -> bool:
    """Whether a replica is quarantined if what it is suspected of turns out to be true."""
    suspected = journal.suspected[key]
    crashes = journal.state.crashes.get(key, 0) + suspected
    return suspected > 0 and crashes >= CRASHES_TO_QUARANTINE


def last_line(traceback: str) -> str:
    """Return the line of a traceback that names the error."""
    lines = traceback.strip().splitlines()
    return lines[-1] if lines else ""
