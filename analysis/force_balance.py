"""Is the force balance obeyed? A test without bins.

The sampler sums the weak form of the one-body force balance for the lowest Fourier modes. In a
steady state every mean vanishes; Hotelling's T^2 asks whether they do jointly, given how they
scatter from group to group of replicas, or from block to block in time.

Blocks of a single replica serve as well as replicas do, however short. The residual of a step is
noise of that step, whose mean is zero whatever the positions before it, up to a term in proportion
to the time step: residuals of different steps are uncorrelated.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .grouped_sums import Sums


def hotelling(samples: NDArray[np.float64]) -> float:
    """Probability of means at least this far from zero if the true means are zero.

    Parameters
    ----------
    samples
        Independent samples, shape (n, p) with n > p.

    Returns
    -------
    float
        Tail of F(p, n - p) at T^2 (n - p) / (p (n - 1)) (H. Hotelling, Ann. Math. Statist. 2,
        360 (1931)); NaN if n <= p.
    """
    from scipy.special import fdtrc  # slow to import, and most commands never test a balance

    n, p = samples.shape
    if n <= p or p == 0:
        return math.nan
    mean = samples.mean(axis=0)
    covariance = np.atleast_2d(np.cov(samples, rowvar=False))
    t_squared = n * mean @ np.linalg.solve(covariance, mean)
    return float(fdtrc(p, n - p, t_squared * (n - p) / (p * (n - 1))))


def check_balance(stacked: Sums) -> tuple[float, int]:
    """Test the force balance on as many numbers as a third of the groups.

    The z component, which alone has the thermal term, comes first, the longest waves first.
    Euler-Maruyama obeys the balance up to a term in proportion to the time step: enough replicas
    will always show it.

    Parameters
    ----------
    stacked
        Sums over each group, shapes (G, ...): groups of replicas, or complete blocks in time.

    Returns
    -------
    p_value
        Probability of residuals at least this large if the balance holds; NaN for fewer than
        three groups.
    numbers
        How many real and imaginary parts were tested at once.
    """
    means = stacked["balance_modes"] / stacked["steps"][:, None, None, None]
    z_first = np.moveaxis(means[:, :, ::-1], 2, 1).reshape(len(means), -1)
    scatter = z_first.std(axis=0)
    informative = z_first[:, scatter > 1e-12 * scatter.max(initial=0.0)]
    tested = informative[:, : len(means) // 3]
    return hotelling(tested), tested.shape[1]
