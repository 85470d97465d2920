"""Mean squared displacements and intermediate scattering functions, on a logarithmic grid of lags.

Time origins follow one another at a fixed distance, and each is remembered until the longest lag
has passed: no trajectory is kept. Everything is sampled twice, in the laboratory frame and relative
to the centre of mass, whose own diffusion of a small system is not that of a large one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..arrays import Floats, Integers
from ..box import Box
from ..compiled import jit
from ..engine import Statistic
from ..system import ParticleSystem
from .frame import Frame
from .sampler import Arrays, Sampler

LARGEST_NUMBER_OF_ORIGINS = 1000


class Relaxation(BaseModel):
    """Lags, time origins and wavenumbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    longest_lag: Annotated[float, Field(gt=0, le=1e7)]
    """Longest lag, tau."""

    lags_per_decade: Annotated[int, Field(ge=1, le=100)] = 10
    """Lags in each factor of ten."""

    shortest_lag: Annotated[float, Field(gt=0, le=1e7)] | None = None
    """Shortest lag, tau; by default one step."""

    origin_time: Annotated[float, Field(gt=0, le=1e7)] | None = None
    """Time between origins, tau; by default the longest lag, so that origins are independent."""

    wavenumbers: tuple[Annotated[float, Field(gt=0, le=100)], ...] = ()
    """Wavenumbers q of the scattering functions, 1/sigma."""

    vectors: Annotated[int, Field(ge=1, le=1000)] = 30
    """Wave vectors for each wavenumber, of which the coherent scattering function is a mean."""

    @model_validator(mode="after")
    def _few_origins(self) -> Self:
        if self.longest_lag > LARGEST_NUMBER_OF_ORIGINS * (self.origin_time or self.longest_lag):
            message = (
                f"origin_time = {self.origin_time:g} makes more than {LARGEST_NUMBER_OF_ORIGINS} "
                f"origins within longest_lag = {self.longest_lag:g}: all of them are remembered"
            )
            raise ValueError(message)
        return self

    def lag_steps(self, time_step: float) -> Integers:
        """Lags from zero on, (L,), steps."""
        last = max(1, round(self.longest_lag / time_step))
        first = min(max(1, round((self.shortest_lag or time_step) / time_step)), last)
        number = math.floor(self.lags_per_decade * math.log10(last / first)) + 1
        grid = last * 10.0 ** (-np.arange(number) / self.lags_per_decade)
        return np.unique([0, first, *np.rint(grid).astype(np.int64)]).astype(np.int64)

    def origin_steps(self, time_step: float) -> int:
        """Steps between origins."""
        return max(1, round((self.origin_time or self.longest_lag) / time_step))

    def sampler(self, system: ParticleSystem, time_step: float) -> RelaxationSampler:
        """Make the sampler of a state point."""
        return RelaxationSampler(self, system, time_step)


class RelaxationSampler(Sampler):
    """Sums over time origins, lag by lag."""

    statistics: ClassVar[Mapping[str, Statistic]] = MappingProxyType(
        {
            "lag_samples": Statistic(("block", "lag"), "1", "time origins with a sample"),
            "squared_displacement": Statistic(
                ("block", "frame", "species", "lag"),
                "sigma^2",
                "mean squared displacement of particles, in the laboratory and of its centre",
            ),
            "quartic_displacement": Statistic(
                ("block", "frame", "species", "lag"), "sigma^4", "mean of its square"
            ),
            "self_scattering": Statistic(
                ("block", "frame", "species", "wavenumber", "lag"),
                "1",
                "mean of cos q.dr over particles and axes",
            ),
            "coherent_scattering": Statistic(
                ("block", "frame", "wavenumber", "lag"),
                "1",
                "mean of Re rho_q(t) rho_-q(0)/N over wave vectors",
            ),
        }
    )

    def __init__(self, settings: Relaxation, system: ParticleSystem, time_step: float) -> None:
        self._lags = settings.lag_steps(time_step)
        self._every = settings.origin_steps(time_step)
        self._origins = int(self._lags[-1]) // self._every + 1
        self._counts, self._dimensions = system.counts, system.box.dimensions
        self._wavenumbers = np.array(settings.wavenumbers, dtype=np.float64)
        chosen = [wave_vectors(system.box, q, settings.vectors) for q in settings.wavenumbers]
        self._vectors = np.concatenate([np.zeros((0, 3)), *chosen])
        self._begin = np.cumsum([0, *map(len, chosen)], dtype=np.int64)

    def empty(self, rows: int) -> Arrays:
        """Allocate sums over origins."""
        species, waves, lags = len(self._counts), len(self._wavenumbers), len(self._lags)
        return {
            "lag_samples": np.zeros((rows, lags), dtype=np.int64),
            "squared_displacement": np.zeros((rows, 2, species, lags)),
            "quartic_displacement": np.zeros((rows, 2, species, lags)),
            "self_scattering": np.zeros((rows, 2, species, waves, lags)),
            "coherent_scattering": np.zeros((rows, 2, waves, lags)),
        }

    def memory(self) -> Arrays:
        """Allocate the positions at the origins, (O, 3, N)."""
        return {"origins": np.zeros((self._origins, 3, sum(self._counts)))}

    def next_step(self, since: int) -> int:
        """Sample at origins, and at every lag after them."""
        newest = since // self._every * self._every
        origins = newest - self._every * np.arange(self._origins)
        due = (origins[origins >= 0][:, None] + self._lags).ravel()
        return int(min(newest + self._every, *due[due >= since], np.iinfo(np.int64).max))

    def sample(self, frame: Frame, sums: Arrays) -> None:
        """Compare with the origins that are a lag ago; remember a new origin."""
        positions, origins, since = frame.positions, frame.state["origins"], frame.since
        newest = since // self._every
        if since % self._every == 0:
            origins[newest % self._origins] = positions
        for number in range(max(0, newest - self._origins + 1), newest + 1):
            lag = int(np.searchsorted(self._lags, since - number * self._every))
            if lag < len(self._lags) and self._lags[lag] == since - number * self._every:
                self._add(sums, lag, origins[number % self._origins], positions)

    def _add(self, sums: Arrays, lag: int, origin: Floats, positions: Floats) -> None:
        sums["lag_samples"][lag] += 1
        displacement = positions - origin
        drift = displacement.mean(axis=1, keepdims=True)
        bounds = list(itertools.pairwise(np.cumsum([0, *self._counts])))
        for reference, moved in enumerate((displacement, displacement - drift)):
            squares = (moved**2).sum(axis=0)
            for species, (low, high) in enumerate(bounds):
                squared = sums["squared_displacement"][reference, species]
                squared[lag] += squares[low:high].mean()
                sums["quartic_displacement"][reference, species, lag] += (
                    squares[low:high] ** 2
                ).mean()
                scattered = sums["self_scattering"][reference, species]
                along = np.ascontiguousarray(moved[: self._dimensions, low:high]).ravel()
                scattered[:, lag] += mean_cosines(along, self._wavenumbers)
        if len(self._vectors):
            coherent = sums["coherent_scattering"]
            coherent[0, :, lag] += correlation(origin, positions, self._vectors, self._begin)
            coherent[1, :, lag] += correlation(
                origin, positions - drift, self._vectors, self._begin
            )


def wave_vectors(box: Box, wavenumber: float, most: int) -> NDArray[np.float64]:
    """Vectors of the periodic box with lengths close to `wavenumber`, one of each pair +-q.

    Lengths are off by half a unit 2 pi/L at most, if there are any such vectors.

    Returns
    -------
    array
        Shape (V, 3), 1/sigma, 1 <= V <= `most`.
    """
    d = box.dimensions
    units = 2.0 * np.pi / np.array(box.edges[:d])
    axes = [np.arange(-n, n + 1) for n in np.ceil(wavenumber / units[:-1]).astype(int)]
    across = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, d - 1)
    left = wavenumber**2 - ((across * units[:-1]) ** 2).sum(axis=1)
    last = np.floor(np.sqrt(np.maximum(left, 0.0)) / units[-1])
    numbers = np.concatenate([np.column_stack([across, last + up]) for up in range(-2, 4)])
    first_of = np.argmax(numbers[:, ::-1] != 0, axis=1)
    leading = numbers[np.arange(len(numbers)), d - 1 - first_of]
    vectors = np.zeros(((leading > 0).sum(), 3))
    vectors[:, :d] = numbers[leading > 0] * units
    off = np.abs(np.linalg.norm(vectors, axis=1) - wavenumber)
    near = np.argsort(off, kind="stable")[:most]
    return np.asarray(vectors[near[off[near] <= max(off.min(), 0.5 * units.max()) + 1e-9]])


@jit(entry=True, fastmath=True)
def mean_cosines(along: Floats, wavenumbers: Floats) -> Floats:
    """Mean of cos(q d) over displacements `along`, (M,), for each wavenumber."""
    means = np.zeros(wavenumbers.size)
    for w in range(wavenumbers.size):
        total = 0.0
        for i in range(along.size):
            total += math.cos(wavenumbers[w] * along[i])
        means[w] = total / along.size
    return means


@jit(entry=True, fastmath=True)
def correlation(before: Floats, after: Floats, vectors: Floats, begin: Integers) -> Floats:
    """Mean of Re rho_q(after) rho_-q(before)/N over the vectors begin[w], ..., begin[w + 1] - 1."""
    means = np.zeros(begin.size - 1)
    for w in range(begin.size - 1):
        for v in range(begin[w], begin[w + 1]):
            x, y, z = vectors[v]
            real, imaginary, real_before, imaginary_before = 0.0, 0.0, 0.0, 0.0
            for i in range(before.shape[1]):
                angle = x * before[0, i] + y * before[1, i] + z * before[2, i]
                real_before += math.cos(angle)
                imaginary_before += math.sin(angle)
                angle = x * after[0, i] + y * after[1, i] + z * after[2, i]
                real += math.cos(angle)
                imaginary += math.sin(angle)
            means[w] += real * real_before + imaginary * imaginary_before
        means[w] /= before.shape[1] * max(begin[w + 1] - begin[w], 1)
    return means
