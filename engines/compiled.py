"""The one way in which perrin compiles kernels, and where compiled kernels are kept."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

import numba

from .fingerprint import processor

Function = TypeVar("Function", bound=Callable[..., Any])

FASTMATH = {"reassoc", "contract", "arcp", "nsz", "afn"}
"""Everything but the promise that no NaN or infinity occurs: blow-ups must stay visible."""


def jit(
    *, fastmath: bool = False, entry: bool = False, inline: bool = False
) -> Callable[[Function], Function]:
    """Compile a function to machine code that releases the GIL and never raises.

    Parameters
    ----------
    fastmath
        Allow reassociation and contraction: sums vectorise, the last bits depend on the target.
    entry
        The function is called from Python, and so kept on disk between processes. Give every
        entry one signature only: processes that add two signatures at once corrupt numba's index.
    inline
        Copy the body into its callers: passing arrays costs more than a short loop.
    """

    def compile_(function: Function) -> Function:
        options = {"nogil": True, "error_model": "numpy", "fastmath": fastmath and FASTMATH}
        if inline:
            options["inline"] = "always"
        if not entry:
            return cast("Function", numba.njit(**options)(function))
        # numba reads the folder when the function is decorated; other packages keep theirs.
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(cache_folder())
        try:
            return cast("Function", numba.njit(cache=True, **options)(function))
        finally:
            numba.config.CACHE_DIR = before

    return compile_


def pointer(signature: Any) -> Callable[[Function], Any]:
    """Compile a function of that signature that kernels are given as an argument.

    One kernel serves all such functions, those of users too, at the price of a call by address.
    """

    def compile_(function: Function) -> Any:
        return numba.cfunc(signature, error_model="numpy")(function)

    return compile_


def compiled_for(function: Function, potentials: tuple[Any, ...]) -> Function:
    """Return an entry compiled from a copy of `function`, for one table of pair potentials.

    The copy has a name, and so a file on disk, of its own: see `jit` for the reason.
    """
    kind = f"{len(potentials)}-{_types(potentials[0])}"
    if (function, kind) not in _copies:
        copy = FunctionType(function.__code__, function.__globals__, function.__name__)
        copy.__module__ = function.__module__
        copy.__qualname__ = f"{function.__qualname__}-{kind}"
        _copies.setdefault((function, kind), jit(entry=True)(copy))
    return cast("Function", _copies[function, kind])


_copies: dict[tuple[Callable[..., Any], str], Callable[..., Any]] = {}


def _types(value: Any) -> str:
    """Names of the type of a named tuple and of the named tuples in it."""
    if not isinstance(value, tuple):
        return ""
    inner = ",".join(filter(None, map(_types, value)))
    return f"{type(value).__module__}.{type(value).__qualname__}({inner})"


@cache
def cache_folder() -> Path:
    """Folder of the compiled kernels of these sources for this processor.

    numba compares the age of one source file only, and would serve a kernel whose callee in
    another file has changed; a folder per digest of all sources cannot.
    """
    name = f"perrin-{_digest()}"
    for parent in _candidates():
        if _writable(parent / name):
            return parent / name
    return Path(tempfile.mkdtemp(prefix=f"{name}-"))


def _candidates() -> list[Path]:
    """Parents of the cache folder, best first."""
    chosen = numba.config.CACHE_DIR
    if chosen:
        return [Path(chosen)]
    users = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return [Path(users) / "perrin" / "kernels"]


def _digest() -> str:
    """Digest of every source file of the engines and of the processor compiled for."""
    folder = Path(__file__).resolve().parent
    digest = hashlib.sha256(json.dumps(processor(), sort_keys=True).encode())
    for source in sorted(folder.rglob("*.py")):
        digest.update(source.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, RuntimeError):
        return False
