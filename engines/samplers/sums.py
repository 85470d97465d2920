"""Sums of a sampler: a named tuple of arrays, all blocks or a view of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from numpy.typing import NDArray

Sums = TypeVar("Sums", bound=tuple[NDArray[Any], ...])


def sums_of_block(kind: type[Sums], statistics: Mapping[str, NDArray[Any]], block: int) -> Sums:
    """Views of the sums of one block: what is added to them is added to `statistics`."""
    names: tuple[str, ...] = getattr(kind, "_fields")  # noqa: B009
    return kind(*(statistics[name][block, ...] for name in names))
