"""Intervals (low, high) from which numbers are drawn."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, FiniteFloat


def ordered(interval: tuple[float, float]) -> tuple[float, float]:
    """Refuse an interval (high, low)."""
    if interval[0] > interval[1]:
        message = f"interval = {interval}, expected (low, high) with low <= high"
        raise ValueError(message)
    return interval


Interval: TypeAlias = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(ordered)]
Positive: TypeAlias = Annotated[float, Field(gt=0, le=1e6)]
PositiveInterval: TypeAlias = Annotated[tuple[Positive, Positive], AfterValidator(ordered)]
Whole: TypeAlias = Annotated[int, Field(ge=1, le=10**6)]
Harmonic: TypeAlias = Annotated[int, Field(ge=1, le=1000)]
HarmonicInterval: TypeAlias = Annotated[tuple[Harmonic, Harmonic], AfterValidator(ordered)]
WholeInterval: TypeAlias = Annotated[tuple[Whole, Whole], AfterValidator(ordered)]
Fraction: TypeAlias = Annotated[float, Field(ge=0, le=1)]
