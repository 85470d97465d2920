"""Parameters in words: every value with what it means and its unit, defaults included."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def describe(model: BaseModel) -> dict[str, Any]:
    """Map each field to its value and its docstring, nested models likewise."""
    return {
        name: {"value": _value(getattr(model, name)), "text": info.description or ""}
        for name, info in type(model).model_fields.items()
    }


def values(description: dict[str, Any]) -> dict[str, Any]:
    """Return the plain top-level values of what `describe` wrote."""
    return {name: entry["value"] for name, entry in description.items()}


def _value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return describe(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return value
