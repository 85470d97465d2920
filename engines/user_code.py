"""Functions that users write in campaign files."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def defined(code: str, name: str, signature: str) -> Callable[..., Any]:
    """Run code in which `math` and `np` are known; return the function of that name.

    Raises
    ------
    ValueError
        The code does not run, or defines no such function; `signature` says what was expected.
    """
    names: dict[str, Any] = {"math": math, "np": np}
    try:
        exec(compile(code, "code", "exec"), names)
    except Exception as error:
        raise ValueError(f"code: {type(error).__name__}: {error}") from error
    if not callable(names.get(name)):
        raise ValueError(f"code defines no function {signature}")
    function: Callable[..., Any] = names[name]
    return function


def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a user's function; raise `ValueError` with what it raised."""
    try:
        return function(*arguments)
    except Exception as error:
        shown = ", ".join(str(argument) for argument in arguments)
        message = f"code: {function.__name__}({shown}) raised {type(error).__name__}: {error}"
        raise ValueError(message) from error
