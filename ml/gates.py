"""Laws of the exact internal force, and how well a functional that was only trained keeps them.

Each gate asks the functional about profiles within the range of its training data, because what a
network says beyond it means nothing, and a broken law there would be no news. So densities, flow
amplitudes and shifts are taken from the training profiles; only `vanishing` leaves them, since no
simulation is empty, and says so.

As x is reflected, a flow v_x = v_0 sin(2 pi z / L) turns round: f_x must be odd in v_0 and f_z
even. This is tested on forces as the functional gives them, not on viscous and structural parts as
in T. Zimmermann et al., Mach. Learn.: Sci. Technol. 5, 035062 (2024): the split would put the
symmetry in by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..engines.arrays import Floats
from .profiles import Profiles

Answer: TypeAlias = Callable[[Floats], Floats]
"""Profiles rho, v_x, v_y, v_z, shape (B, 4, n), to internal forces, shape (B, 3, n)."""

PARITY_LIMIT = 0.05
SUM_LIMIT = 0.02
SHIFT_LIMIT = 0.02
TILING_LIMIT = 1e-4  # a hundred times the rounding of float32 in a sum of some hundred terms
FLOW_SHARES = (0.25, 0.5, 0.75)
SHIFT_SHARE = 0.5


@dataclass(frozen=True)
class Gate:
    """One law: by how much it is broken, and by how much it may be."""

    name: str
    """Which law."""
    value: float
    """How far it is broken, relative to the force; NaN if the functional gives no number."""
    limit: float
    """Largest value that passes."""
    text: str
    """What was tested."""

    @property
    def passed(self) -> bool:
        """Whether the law is kept within the limit."""
        return self.value <= self.limit


def check(functional: Answer, training: Profiles, held_out: Profiles) -> tuple[Gate, ...]:
    """Try all gates.

    Parameters
    ----------
    functional
        What is tested, such as the mean of a committee.
    training
        What it was trained on: says where it may be asked.
    held_out
        Simulated profiles for the sum rule and the shift.
    """
    return (
        *parity(functional, training),
        sum_rule(functional, held_out),
        galilean_shift(functional, training, held_out),
        tiling(functional, held_out),
        vanishing(functional, training),
    )


def parity(functional: Answer, training: Profiles) -> tuple[Gate, Gate]:
    """Oddness of f_x and evenness of f_z in the flow amplitude, the worst of three amplitudes."""
    profiles = kolmogorov_flows(training)
    ahead, back = functional(profiles), functional(_reversed(profiles))
    even, odd = (ahead + back) / 2, (ahead - back) / 2
    speeds = ", ".join(f"{speed:.3g}" for speed in np.abs(profiles[:, 1]).max(axis=1))
    flow = f"v_x = v_0 sin(2πz/L) on a modulated density, the worst of v_0 = {speeds} σ/τ"
    return (
        Gate(
            "f_x odd in v_0",
            _worst(even[:, 0], ahead[:, 0]),
            PARITY_LIMIT,
            f"even part of f_x over f_x (RMS): {flow}",
        ),
        Gate(
            "f_z even in v_0",
            _worst(odd[:, 2], ahead[:, 2]),
            PARITY_LIMIT,
            f"odd part of f_z over f_z (RMS): {flow}",
        ),
    )


def sum_rule(functional: Answer, profiles: Profiles) -> Gate:
    """Newton's third law: the internal forces on all particles cancel, in each component.

    Fields are pooled: where a component of the force is all noise, its own ratio says nothing.
    """
    density = profiles.density[:, None]
    force = functional(profiles.inputs)
    total = np.abs((density * force).mean(axis=2)).mean(axis=0)
    size = (density * np.abs(force)).mean(axis=(0, 2))
    return Gate(
        "sum rule",
        float(np.max(_over(total, size))),
        SUM_LIMIT,
        f"|∫ρf dz| over ∫ρ|f| dz, means over {len(profiles.names)} held-out fields, "
        "worst component",
    )


def galilean_shift(functional: Answer, training: Profiles, profiles: Profiles) -> Gate:
    """No friction with the solvent in f_int: a constant added to v_x or v_y changes nothing.

    The constant is half of the largest one that leaves a field within the velocities of the
    training data, of which mirror images and the exchange of x and y are part.
    """
    inputs = profiles.inputs
    force = functional(inputs)
    reach = float(np.abs(training.velocity[:, :2]).max())
    changes = []
    for channel in (1, 2):
        shifted = inputs.copy()
        shifted[:, channel] += SHIFT_SHARE * _largest_shift(inputs[:, channel], reach)[:, None]
        changes.append(_relative(functional(shifted) - force, force))
    return Gate(
        "Galilean shift",
        float(np.max(changes)),
        SHIFT_LIMIT,
        f"change of f over f (RMS) as v_x or v_y of {len(inputs)} held-out fields is shifted "
        f"half-way to the limit of the training data, {reach:.3g} σ/τ; the worse of both",
    )


def tiling(functional: Answer, profiles: Profiles) -> Gate:
    """A periodic box set twice in a row is the same physics: only rounding may differ."""
    inputs = profiles.inputs
    once = functional(inputs)
    twice = functional(np.tile(inputs, 2))
    return Gate(
        "tiling",
        float(_over(np.abs(twice - np.tile(once, 2)).max(), _rms(once))),
        TILING_LIMIT,
        "largest change of f over f (RMS) as each held-out field is set twice in a row; an exact "
        "property of a local network, up to rounding",
    )


def vanishing(functional: Answer, training: Profiles) -> Gate:
    """No neighbours, no force: what is left of it as the density goes to zero in a given flow.

    At low density f_int is proportional to rho. No training profile is empty; a functional that
    just kept its force below the least density it has seen, rho_min, would be left with less than
    the share rho_min / rho_mean of it. That is the limit.
    """
    profiles = kolmogorov_flows(training)
    empty = profiles.copy()
    empty[:, 0] = 0.0
    least = float(training.density.min() / training.density.mean())
    return Gate(
        "no force without density",
        _relative(functional(empty), functional(profiles)),
        least,
        "f at ρ = 0 over f (RMS) in the same flows; beyond the training data, whose least "
        f"density is {100 * least:.2g} % of its mean: that is the limit",
    )


def kolmogorov_flows(training: Profiles) -> Floats:
    """Flows v_x = v_0 sin(2 pi z / L) of three amplitudes v_0, shape (3, 4, n).

    On the mean density of the training profiles, with a cosine of their median contrast; v_0 is a
    quarter, half and three quarters of the largest flow amplitude among them.
    """
    density, lateral = training.density, training.velocity[:, :2]
    phase = 2 * np.pi * (np.arange(training.bins) + 0.5) / training.bins
    contrast = np.median(np.ptp(density, axis=1) / (density.max(axis=1) + density.min(axis=1)))
    amplitude = 0.5 * np.ptp(lateral, axis=2).max()
    profiles = np.zeros((len(FLOW_SHARES), 4, training.bins))
    profiles[:, 0] = density.mean() * (1 + contrast * np.cos(phase))
    profiles[:, 1] = amplitude * np.outer(FLOW_SHARES, np.sin(phase))
    return profiles


def _reversed(profiles: Floats) -> Floats:
    """Return the same densities with the flow the other way round."""
    return np.asarray(profiles * np.array([1.0, -1.0, -1.0, -1.0])[:, None])


def _largest_shift(velocity: Floats, reach: float) -> Floats:
    """Constants, shape (S,), that put the far end of each velocity profile, (S, n), at +-reach."""
    up, down = reach - velocity.max(axis=1), -reach - velocity.min(axis=1)
    return np.asarray(np.where(np.abs(up) > np.abs(down), up, down))


def _worst(part: Floats, whole: Floats) -> float:
    """Largest ratio of root mean squares over bins, shapes (B, n)."""
    squares = (part**2).mean(axis=1), (whole**2).mean(axis=1)
    return float(np.max(np.sqrt(_over(*squares))))


def _relative(part: Floats, whole: Floats) -> float:
    return float(_over(_rms(part), _rms(whole)))


def _rms(force: Floats) -> Floats:
    return np.asarray(np.sqrt((force**2).mean()))


def _over(part: Floats, whole: Floats) -> Floats:
    """Ratio that is zero where both are: no force breaks no law."""
    broken = np.where(part == 0, 0.0, np.inf)
    return np.asarray(np.where(whole == 0, broken, part / np.where(whole == 0, 1.0, whole)))
