"""The steady density of drift and diffusion on a ring, by the scheme of Scharfetter and Gummel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..engines.arrays import Floats

LOWEST_LOGARITHM = -80.0  # densities below exp(-80) of the largest are nothing in float32


@dataclass(frozen=True)
class PlanarSystem:
    """What all candidates share: a cubic periodic box, cut into bins along z, and the solvent."""

    length: float
    """Edge of the box, sigma."""
    bins: int
    """Bins along z."""
    temperature: float
    """k_B T, epsilon."""
    friction: float
    """gamma, epsilon tau/sigma^2."""

    @property
    def width(self) -> float:
        """Width h of a bin, sigma."""
        return self.length / self.bins

    @property
    def faces(self) -> Floats:
        """Lower faces of the bins, shape (n,), sigma; face 0 separates the last bin from bin 0."""
        return np.arange(self.bins, dtype=np.float64) * self.width

    @property
    def centres(self) -> Floats:
        """Centres of the bins, shape (n,), sigma."""
        return self.faces + 0.5 * self.width


def steady_density(force: Floats, particles: Floats, system: PlanarSystem) -> tuple[Floats, Floats]:
    """Solve k_B T rho' = rho f - gamma J_0 on a ring, by Scharfetter and Gummel's scheme.

    With B(x) = x / (e^x - 1) and a_i = f_i h / k_B T at the face between bins i-1 and i, the flux
    gamma h J_0 / k_B T = j = B(-a_i) rho_{i-1} - B(a_i) rho_i is the same at all faces, so that

        rho_{i-1} = e^{-a_i} rho_i + j / B(-a_i).

    Once around the ring, with A the sum of all a_i, this is a sum of positive terms,

        (1 - e^{-A}) rho_i = j sum_{m=i+1}^{i+n} e^{-(a_{i+1} + ... + a_{m-1})} / B(-a_m),

    and no digits are lost for A >= 0; for A < 0 the mirror image is solved. The sums are those of
    logarithms, for drifts and barriers of hundreds of k_B T. The error is of order h^2
    (D. L. Scharfetter and H. K. Gummel, IEEE Trans. Electron Devices 16, 64 (1969)).

    Parameters
    ----------
    force
        f at the lower faces of the bins, shape (B, n), epsilon/sigma.
    particles
        Numbers of particles, shape (B,); sum(rho) h L^2 equals them.
    system
        Box, bins and solvent.

    Returns
    -------
    density
        At the centres of the bins, shape (B, n), positive, sigma^-3.
    current
        J_0, shape (B,), sigma^-2 tau^-1.
    """
    drift = force * (system.width / system.temperature)
    backward = drift.sum(axis=1) < 0
    drift[backward] = -_mirrored_faces(drift[backward])
    logarithm, total = _ring(drift)
    top = logarithm.max(axis=1, keepdims=True)
    density = np.exp(np.maximum(logarithm - top, LOWEST_LOGARITHM))
    norm = particles / (system.width * system.length**2 * density.sum(axis=1))
    flux = -norm * np.exp(-top[:, 0]) * np.expm1(-total)
    flux[backward] *= -1
    density[backward] = density[backward, ::-1]
    current = flux * (system.temperature / (system.friction * system.width))
    return density * norm[:, None], current


def _ring(drift: Floats) -> tuple[Floats, Floats]:
    """Logarithm of (1 - e^{-A}) rho_i / j, shape (B, n), and A, shape (B,)."""
    gained = np.cumsum(drift, axis=1)
    total = gained[:, -1:]
    terms = drift - gained - log_bernoulli(-drift)
    before = np.logaddexp.accumulate(terms, axis=1)
    after = np.full_like(terms, -np.inf)
    after[:, :-1] = np.logaddexp.accumulate(terms[:, :0:-1], axis=1)[:, ::-1]
    return gained + np.logaddexp(after, before - total), total[:, 0]


def log_bernoulli(x: Floats) -> Floats:
    """Logarithm of x / (e^x - 1), to rounding for every x."""
    size = np.maximum(np.abs(x), np.finfo(np.float64).tiny)
    return np.asarray(np.log(size / -np.expm1(-size)) - np.maximum(x, 0.0))


def _mirrored_faces(values: Floats) -> Floats:
    """Values at the lower faces of the bins after z -> L - z."""
    return np.roll(values[:, ::-1], 1, axis=1)
