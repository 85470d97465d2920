"""Questions to Parsl's interchanges, which may die or hang before they answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from parsl.executors import HighThroughputExecutor
from parsl.executors.high_throughput.errors import (
    CommandClientBadError,
    CommandClientTimeoutError,
)

from .adaptor import ExecutorError

ANSWER_SECONDS = 60.0


def limit_questions(executor: HighThroughputExecutor) -> None:
    """Have an executor wait for answers of its interchange so long at most; Parsl has no limit."""
    client = executor.command_client
    client.run = partial(client.run, timeout_s=ANSWER_SECONDS)


NO_ANSWER = (CommandClientTimeoutError, CommandClientBadError)
"""What Parsl raises after too long a wait, and whenever it is asked again."""


@contextmanager
def answers() -> Iterator[None]:
    """Give up on an interchange that does not answer."""
    try:
        yield
    except NO_ANSWER as error:
        raise ExecutorError(
            f"Parsl's interchange has not answered for {ANSWER_SECONDS:g} s; "
            "start the campaign again"
        ) from error
