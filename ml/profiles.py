"""Labelled one-body fields: what the functional sees, and the force that it should give.

They come from a reduction (analysis) and travel to the training processes in one sealed file.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from .. import PerrinError
from ..engines.durable import replace, temporary_name
from ..engines.seal import USER_BLOCK, DamagedFileError, read_sealed, seal

LOWEST_DENSITY = 0.01
"""Of fields to learn from, sigma^-3."""

Array = NDArray[np.float64]


class ProfilesError(PerrinError, ValueError):
    """Profiles that cannot be learned from."""


@dataclass(frozen=True)
class Profiles:
    """Profiles of `S` state points on `n` common bins.

    Attributes
    ----------
    names
        State-point hashes, length S.
    density
        Shape (S, n), sigma^-3.
    velocity, internal_force, internal_force_error
        Shape (S, 3, n); sigma/tau, epsilon/sigma, and its standard error.
    steadiness
        First half of the sampling against the second, shape (S,): about 1 in a steady state; NaN if
        there are too few blocks of time to tell.
    length
        Edge of the box, sigma.
    """

    names: tuple[str, ...]
    density: Array
    velocity: Array
    internal_force: Array
    internal_force_error: Array
    steadiness: Array
    length: float

    @classmethod
    def from_dataset(cls, dataset: Any) -> Self:
        """Take them from an `analysis.dataset.one_body_dataset` of boxes of one size."""
        lengths = {float(length) for length in np.atleast_1d(dataset["box_length"].values)}
        if len(lengths) != 1:
            found = ", ".join(f"{length:g}" for length in sorted(lengths))
            raise ProfilesError(f"boxes of different edges ({found}) cannot share one data set")
        vector = ("state_point", "component", "bin")
        return cls(
            names=tuple(str(name) for name in dataset["state_point"].values),
            density=dataset["density"].values,
            velocity=dataset["velocity"].transpose(*vector).values,
            internal_force=dataset["internal_force"].transpose(*vector).values,
            internal_force_error=dataset["internal_force_error"].transpose(*vector).values,
            steadiness=dataset["internal_force_steadiness"].values,
            length=lengths.pop(),
        )

    @property
    def bins(self) -> int:
        """Number of bins."""
        return int(self.density.shape[1])

    @property
    def bin_width(self) -> float:
        """Width of a bin, sigma."""
        return self.length / self.bins

    @property
    def inputs(self) -> Array:
        """Density and velocity as channels, shape (S, 4, n)."""
        return np.concatenate((self.density[:, None], self.velocity), axis=1)

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which of them have no place that particles hardly ever visit, shape (S,)."""
        finite = np.isfinite(self.velocity).all((1, 2)) & np.isfinite(self.internal_force).all(
            (1, 2)
        )
        return np.asarray(finite & (self.density.min(axis=1) >= LOWEST_DENSITY))

    def select(self, which: Sequence[int] | NDArray[Any]) -> Self:
        """Keep some of them, by index or mask."""
        chosen = np.asarray(which)
        indices = np.arange(len(self.names))[chosen if chosen.size else chosen.astype(np.intp)]
        arrays = {name: getattr(self, name)[indices] for name in _ARRAYS}
        return type(self)(names=tuple(self.names[i] for i in indices), length=self.length, **arrays)

    def save(self, path: Path, token: str) -> None:
        """Write a sealed HDF5 file, whole or not at all."""
        temporary = temporary_name(path, token)
        temporary.write_bytes(self._image())
        replace(temporary, path)

    def _image(self) -> bytearray:
        buffer = io.BytesIO()
        with h5py.File(buffer, "w", userblock_size=USER_BLOCK) as file:
            file.attrs["length"] = self.length
            file.attrs["names"] = list(self.names)
            for name in _ARRAYS:
                file[name] = getattr(self, name)
        image = bytearray(buffer.getvalue())
        seal(image)
        return image

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file that `save` wrote; `DamagedFileError` if it is not as it was."""
        image, _ = read_sealed(path)
        try:
            with h5py.File(io.BytesIO(image), "r") as file:
                arrays = {name: file[name][...] for name in _ARRAYS}
                names = tuple(str(name) for name in file.attrs["names"])
                return cls(names=names, length=float(file.attrs["length"]), **arrays)
        except (KeyError, OSError) as error:
            raise DamagedFileError(path, f"not a file of profiles: {error}") from error


_ARRAYS = tuple(f.name for f in fields(Profiles) if f.name not in ("names", "length"))
