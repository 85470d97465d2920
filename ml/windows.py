"""Training windows: every bin of every simulation, in sixteen images, in a reproducible order."""

from __future__ import annotations

import torch
from torch import Tensor

from .force_functional import periodic_windows
from .profiles import Profiles
from .randomness import order_seed
from .settings import TrainingSettings
from .symmetry import all_images


class Windows:
    """Windows of profiles and the forces at their centres, addressed by one number.

    Parameters
    ----------
    profiles
        Where they come from.
    half_window
        Bins on either side of the centre.
    device
        Where they are kept.
    augment
        Whether to add the images under the symmetries of planar flow.
    """

    def __init__(
        self, profiles: Profiles, half_window: int, device: torch.device, *, augment: bool
    ) -> None:
        inputs = torch.tensor(profiles.inputs, dtype=torch.float32, device=device)
        forces = torch.tensor(profiles.internal_force, dtype=torch.float32, device=device)
        if augment:
            inputs, forces = all_images(inputs, forces)
        self._windows = periodic_windows(inputs, half_window)
        self._forces = forces

    def __len__(self) -> int:
        return self._forces.shape[0] * self._forces.shape[2]

    def at(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Windows (batch, 4, points) and forces (batch, 3) with the given numbers."""
        bins = self._forces.shape[2]
        field, bin_ = numbers // bins, numbers % bins
        return self._windows[field, :, bin_], self._forces[field, :, bin_]


def epoch_batches(
    count: int, settings: TrainingSettings, seed: int, member: int, epoch: int
) -> list[Tensor]:
    """Cut a random order of `count` windows into batches, the same for any number of processes.

    The batches of an epoch are of equal size, but for one window.
    """
    size = settings.batch_size * 2 ** (epoch // settings.doubling)
    generator = torch.Generator().manual_seed(order_seed(seed, member, epoch))
    order = torch.randperm(count, generator=generator)
    return list(order.tensor_split(max(1, round(count / size))))
