"""When samples are taken, and of what: `[sampling]` of a campaign file."""

from __future__ import annotations

from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .. import PerrinError
from .samplers.field_map import FieldMap
from .samplers.radial_distribution import RadialDistribution
from .samplers.relaxation import Relaxation
from .samplers.sampler import Sampler
from .samplers.series import Series, SeriesSampler
from .samplers.snapshots import Snapshots
from .samplers.stress_profile import StressProfile
from .system import ParticleSystem

TransientTime: TypeAlias = Annotated[float, Field(ge=0, le=1e7)]
SamplingTime: TypeAlias = Annotated[float, Field(gt=0, le=1e7)]
BlockTime: TypeAlias = Annotated[float, Field(gt=0, le=1e7)]
BinWidth: TypeAlias = Annotated[float, Field(ge=1e-4, le=1e6)]
StepInterval: TypeAlias = Annotated[int, Field(ge=1, le=10**9)]
ModeCount: TypeAlias = Annotated[int, Field(ge=0, le=1000)]

LARGEST_NUMBER_OF_BLOCKS = 1000
LARGEST_NUMBER_OF_SNAPSHOTS = 10_000
LARGEST_NUMBER_OF_SAMPLES = 100_000


class SamplingError(PerrinError, ValueError):
    """More samples than are kept; steps of what length there are is known to engines only."""


class ParticleSampling(BaseModel):
    """When samples are taken, and of what."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    transient_time: TransientTime
    """Time between switching on the field and the first sample, tau."""

    time: SamplingTime
    """Time over which samples are taken, tau."""

    interval: StepInterval = 1
    """Steps between samples of profiles, of active work and of the force balance."""

    block_time: BlockTime | None = None
    """Length of the blocks of time that are summed one by one, tau; None for a single block.
    Rounded to whole intervals, one at least. The last block may be incomplete, the only one too."""

    bin_width: BinWidth = 0.1
    """Width of the bins along z, sigma; adjusted to divide the box."""

    energy_interval: StepInterval = 10
    """Steps between samples of energy and virial."""

    modes: ModeCount = 4
    """Fourier modes for which the weak form of the force balance is summed; 0 for none."""

    radial_distribution: RadialDistribution | None = None
    """Pairs by distance; None not to sample them."""

    relaxation: Relaxation | None = None
    """Mean squared displacements and intermediate scattering functions; None not to sample them."""

    stress_profile: StressProfile | None = None
    """Profiles of the stress; None not to sample them."""

    field_map: FieldMap | None = None
    """One-body fields on a grid over two axes; None not to sample them."""

    series: Series | None = None
    """Energy and virial sample after sample; None not to keep them."""

    snapshots: Snapshots | None = None
    """Configurations to be kept; None to keep the last one only."""

    def samplers(
        self, system: ParticleSystem, time_step: float, carried: tuple[str, ...]
    ) -> list[Sampler]:
        """Samplers that look at configurations between steps; `carried` as for `Snapshots`."""
        chosen: list[Sampler] = []
        if self.radial_distribution:
            chosen.append(self.radial_distribution.sampler(system))
        if self.relaxation:
            chosen.append(self.relaxation.sampler(system, time_step))
        tables = [table for table in (self.stress_profile, self.field_map) if table]
        chosen += [table.sampler(system, carried) for table in tables]
        if self.series:
            chosen.append(self._series_sampler(self.series, self.steps(time_step), carried))
        if self.snapshots:
            length, particles = self.steps(time_step), system.particles
            chosen.append(self.snapshots.sampler(length, time_step, particles, carried))
        return chosen

    def _series_sampler(
        self, series: Series, length: int, carried: tuple[str, ...]
    ) -> SeriesSampler:
        number = series.samples(length)
        if number > LARGEST_NUMBER_OF_SAMPLES:
            raise SamplingError(
                f"sampling.series.interval = {series.interval} makes {number} samples in "
                f"time = {self.time:g}; at most {LARGEST_NUMBER_OF_SAMPLES} are kept: give at "
                f"least {-(-length // LARGEST_NUMBER_OF_SAMPLES)}"
            )
        return series.sampler(length, carried)

    def bins(self, length: float) -> int:
        """Number of bins that divides a box of edge `length`, sigma, closest to `bin_width`."""
        return max(1, round(length / self.bin_width))

    def steps(self, time_step: float) -> int:
        """Number of sampled steps of length `time_step`, tau."""
        return max(1, round(self.time / time_step))

    def block_steps(self, time_step: float) -> int:
        """Number of steps of length `time_step`, tau, in a complete block."""
        if self.block_time is None:
            return self.steps(time_step)
        return steps_of_block(self.block_time, time_step, self.interval)

    @model_validator(mode="after")
    def _lags_fit(self) -> Self:
        if self.relaxation and self.relaxation.longest_lag >= self.time:
            message = (
                f"relaxation.longest_lag = {self.relaxation.longest_lag:g} is never reached in "
                f"time = {self.time:g}: sample for longer"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _few_snapshots(self) -> Self:
        number = self.snapshots.estimate(self.time) if self.snapshots else 0.0
        if number > LARGEST_NUMBER_OF_SNAPSHOTS:
            message = (
                f"snapshots.time = {self.snapshots and self.snapshots.time:g} makes {number:.3g} "
                f"snapshots in time = {self.time:g}; at most {LARGEST_NUMBER_OF_SNAPSHOTS} are kept"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _few_blocks(self) -> Self:
        if self.block_time is not None and self.time > LARGEST_NUMBER_OF_BLOCKS * self.block_time:
            message = (
                f"block_time = {self.block_time:g} cuts time = {self.time:g} into more than "
                f"{LARGEST_NUMBER_OF_BLOCKS} blocks: use longer blocks"
            )
            raise ValueError(message)
        return self


def steps_of_block(block_time: float, time_step: float, interval: int) -> int:
    """Steps in a complete block, which holds equally many samples as any other."""
    return interval * max(1, round(block_time / (time_step * interval)))
