"""Shape of the neural force functional, without the network."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from .settings import FunctionalSettings

CHANNELS = 4
COMPONENTS = 3
IMAGES = 16
"""Symmetries of planar flow, by which training data are augmented."""
FUNCTIONAL_VERSION = 1
"""Raised when the same architecture comes to mean another network."""


class Architecture(BaseModel):
    """Shape of the network on bins of one width."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bin_width: float
    half_window: int
    kernel: int
    filters: tuple[int, ...]
    nodes: int

    @classmethod
    def of(cls, settings: FunctionalSettings, bin_width: float) -> Self:
        """Fit window and kernel to bins of `bin_width`, sigma."""
        return cls(
            bin_width=bin_width,
            half_window=max(2 ** len(settings.filters), round(settings.window / bin_width)),
            kernel=max(1, round(settings.kernel / bin_width)),
            filters=settings.filters,
            nodes=settings.nodes,
        )

    @property
    def points(self) -> int:
        """Bins of the window."""
        return 2 * self.half_window + 1
