"""The sixteen coordinate transformations that leave planar physics unchanged.

Each axis may be flipped, and x and y exchanged: T. Zimmermann et al., Mach. Learn.: Sci. Technol.
5, 035062 (2024), sec. 2.4. Flipping z also reverses the profiles.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor


class Symmetry(NamedTuple):
    """One transformation: the sign of each axis, then perhaps the exchange of x and y."""

    signs: tuple[int, int, int]
    exchange: bool

    def vectors(self, vectors: Tensor) -> Tensor:
        """Transform vector profiles (..., 3, bins)."""
        signs = torch.tensor(self.signs, dtype=vectors.dtype, device=vectors.device)
        turned = self.scalars(vectors) * signs[:, None]
        return turned[..., [1, 0, 2], :] if self.exchange else turned

    def scalars(self, scalars: Tensor) -> Tensor:
        """Transform scalar profiles (..., bins)."""
        return scalars.flip(-1) if self.signs[2] < 0 else scalars


SYMMETRIES = tuple(
    Symmetry((x, y, z), exchange)
    for exchange, x, y, z in itertools.product((False, True), (1, -1), (1, -1), (1, -1))
)


def all_images(inputs: Tensor, forces: Tensor) -> tuple[Tensor, Tensor]:
    """All images of profiles (fields, 4, bins) and forces (fields, 3, bins), image by image."""
    images = [
        torch.cat((symmetry.scalars(inputs[:, :1]), symmetry.vectors(inputs[:, 1:])), dim=1)
        for symmetry in SYMMETRIES
    ]
    return torch.cat(images), torch.cat([symmetry.vectors(forces) for symmetry in SYMMETRIES])
