"""Places that particles hardly ever visit, where sampling is long enough to tell.

Particles that cannot cross such a place may be trapped on either side of it, in numbers that are
those of the start: T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024), sec. 2.3,
discard fields with a local density below 0.01.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .free_motion import FreeMotion
from .one_body import Ensemble

LOWEST_DENSITY = 0.01
"""Of places that are sampled well, sigma^-3; sigma^-2 in two dimensions."""

ENOUGH_VISITS = 10.0
"""Independent visits of a place of that density from which on a density is judged. Of a place of
twice that density less than half as many are found with a probability of 0.5 % (Poisson)."""

WIDEST_PLACE = 1.0
"""Width up to which bins are put together, sigma: a gap that is narrower than a particle."""


def lowest_density(
    numbers: NDArray[np.float64], samples: int, replicas: int, ensemble: Ensemble
) -> float:
    """Find the lowest density of a place, in slices as thin as the sampling allows.

    Parameters
    ----------
    numbers
        Particles found in each bin, over all samples, (bins,).
    samples
        Sampled steps of all replicas.
    replicas
        Number of replicas.
    ensemble
        Whose replicas these are.

    Returns
    -------
    float
        sigma^-3; NaN if no slice of up to `WIDEST_PLACE` is visited often enough to tell.
    """
    bins = len(numbers)
    width = ensemble.geometry.bin_width(bins)
    most = min(bins, max(1, int(WIDEST_PLACE / width + 1e-9)))
    for together in range(1, most + 1):
        if visits(together * width, samples, replicas, ensemble) >= ENOUGH_VISITS:
            around = np.concatenate((numbers, numbers[: together - 1]))
            found = np.convolve(around, np.ones(together), "valid").min()
            volume = ensemble.geometry.box.volume * together / bins
            return float(found / (samples * volume))
    return math.nan


def visits(width: float, samples: int, replicas: int, ensemble: Ensemble) -> float:
    """Count the independent visits of a slice of density `LOWEST_DENSITY`.

    No more than are sampled. The variance of the mean number of free particles in a thin slice of
    width h and area A, over a long time t in a periodic box of edge L, is that of independent
    samples if 6 D t/(h L) of them are taken: the correlation function of a particle's presence,
    a sum over waves k of exp(-D k^2 t), has the integral h L/(12 D). Every start is one more. So

        visits = 0.01 A min(h samples, h replicas + 6 D t/L).
    """
    box = ensemble.geometry.box
    time = samples * ensemble.interval * ensemble.geometry.time_step
    diffused = 6 * FreeMotion.of(ensemble).diffusion * time / box.profile_length
    area = box.volume / box.profile_length
    return LOWEST_DENSITY * area * min(width * samples, width * replicas + diffused)
