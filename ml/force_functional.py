"""The neural force functional: density and velocity around a point -> internal force there.

The local convolutional network of T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062
(2024), sec. 2.5 and appendix: four channels (rho, v_x, v_y, v_z) in a window around z_0, three
convolutions with average pooling, one dense layer, softplus between them, and the three
components of f_int(z_0), none of them normalised. The kernel has a fixed width in sigma, so its
number of bins follows the bin width.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from .architecture import CHANNELS, COMPONENTS, Architecture

Network: TypeAlias = nn.Sequential
WINDOWS_AT_ONCE = 4096
"""Fixed, so that last digits do not depend on how much memory there is."""


class ForceFunctional(nn.Module):
    """Maps windows of one-body profiles to the internal force at their centres."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.network = _network(architecture)
        self.network.apply(_initialise)

    def forward(self, windows: Tensor) -> Tensor:
        """Force at the centres of `windows`: (batch, 4, points) -> (batch, 3), epsilon/sigma."""
        force: Tensor = self.network(windows)
        return force

    def profile(self, profiles: Tensor) -> Tensor:
        """Force along periodic profiles: (batch, 4, bins) -> (batch, 3, bins), epsilon/sigma."""
        batch, _, bins = profiles.shape
        windows = periodic_windows(profiles, self.architecture.half_window)
        force = torch.cat(
            [
                self(windows[numbers // bins, :, numbers % bins])
                for numbers in torch.split(torch.arange(batch * bins), WINDOWS_AT_ONCE)
            ]
        )
        return torch.as_tensor(force.reshape(batch, bins, COMPONENTS).transpose(1, 2))


def periodic_windows(profiles: Tensor, half_window: int) -> Tensor:
    """View of the window around every bin: (..., bins) -> (..., bins, 2 half_window + 1)."""
    bins = profiles.shape[-1]
    around = torch.arange(-half_window, bins + half_window) % bins
    return profiles[..., around].unfold(-1, 2 * half_window + 1, 1)


class _Convolution(nn.Module):
    """A convolution that keeps the length, softplus, and the mean of neighbouring pairs."""

    def __init__(self, channels: int, filters: int, kernel: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels, filters, kernel)
        self.padding = ((kernel - 1) // 2, kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, self.padding)
        features = nn.functional.softplus(self.convolution(padded))
        pairs = features.shape[-1] // 2 * 2
        # Twice as fast as avg_pool1d, forwards and backwards.
        return 0.5 * (features[..., 0:pairs:2] + features[..., 1:pairs:2])


def _network(architecture: Architecture) -> Network:
    layers: list[nn.Module] = []
    channels, length = CHANNELS, architecture.points
    for filters in architecture.filters:
        layers.append(_Convolution(channels, filters, architecture.kernel))
        channels, length = filters, length // 2
    layers += [nn.Flatten(), nn.Linear(channels * length, architecture.nodes), nn.Softplus()]
    return nn.Sequential(*layers, nn.Linear(architecture.nodes, COMPONENTS))


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv1d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
