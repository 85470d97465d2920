"""How a potential ends at its cut-off.

Plainly, with the energy shifted so that it is continuous, or with the force shifted so that both
are: phi(r) - phi(r_c) - (r - r_c) phi'(r_c). These are eqs. (3.15) to (3.17) of L. F. Granz,
Applications of Neural Networks in Theory and Simulation of Slow Dynamics (Düsseldorf, 2026).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from ..compiled import jit

Shift: TypeAlias = Literal["none", "energy", "force"]


class Truncation(NamedTuple):
    """What is subtracted inside of the cut-off: energy + slope r."""

    cutoff2: float
    """Square of the cut-off, sigma^2."""
    energy: float
    """Constant part, epsilon."""
    slope: float
    """Part per distance, epsilon/sigma."""


def make_truncation(shift: Shift, cutoff: float, force_over_r: float, energy: float) -> Truncation:
    """Choose what to subtract, given force over distance and energy of a pair at the cut-off."""
    slope = -force_over_r * cutoff if shift == "force" else 0.0
    constant = 0.0 if shift == "none" else energy - cutoff * slope
    return Truncation(cutoff**2, constant, slope)


@jit(fastmath=True, inline=True)
def truncated(
    truncation: Truncation, r2: float, inverse_r: float, force_over_r: float, energy: float
) -> tuple[float, float]:
    """Force over distance and energy of a pair, with its end at the cut-off.

    `inverse_r` is finite even for a pair at no distance, where the potential is.
    """
    inside = r2 < truncation.cutoff2
    force = force_over_r + truncation.slope * inverse_r
    shifted = energy - (truncation.energy + truncation.slope * (r2 * inverse_r))
    return (force if inside else 0.0), (shifted if inside else 0.0)
