"""What is wrong with the file of a site, in words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """Every problem of a validation of `model`: field, value, what is allowed."""
    entries = [entry for entry in error.errors() if entry["type"] != "default_factory_not_called"]
    return "; ".join(_describe(entry, model) for entry in entries)


def suggestion(word: str, known: Iterable[str]) -> str:
    """A question after what was meant; nothing if no known word is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]!r}? " if close else ""


def _describe(entry: Any, model: type[BaseModel]) -> str:
    *parents, last = map(str, entry["loc"]) if entry["loc"] else ("",)
    name = ".".join([*parents, last])
    words = entry["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if entry["type"] == "extra_forbidden":
        allowed = _table(model, parents).model_fields
        return f"{name}: unknown key; {suggestion(last, allowed)}allowed: {', '.join(allowed)}"
    if isinstance(entry["input"], dict | BaseModel):
        return f"{name}: {words}" if name else str(words)
    return f"{name} = {entry['input']!r}: {words}"


def _table(model: type[BaseModel], parents: list[str]) -> type[BaseModel]:
    """Model of the table that a chain of keys leads to."""
    for key in parents:
        model = next(
            kind for kind in get_args(model.model_fields[key].annotation) if _is_table(kind)
        )
    return model


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
