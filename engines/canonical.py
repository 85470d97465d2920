"""Canonical JSON: one byte string per value, so that a hash of it can be an identity."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from .. import PerrinError


class CanonicalError(PerrinError, ValueError):
    """A value that has no canonical form."""


def _canonical(value: Any) -> Any:
    if isinstance(value, str) or value is None or isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CanonicalError(f"{value} has no canonical form: only finite numbers do")
        return int(value) if value.is_integer() else value
    if isinstance(value, dict | Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    raise CanonicalError(f"a {type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> str:
    """Sorted, compact JSON in which 1 and 1.0 are the same number."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any, length: int = 32) -> str:
    """First `length` hexadecimal digits of the SHA-256 of the canonical JSON of `value`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]
