"""What a committee says of profiles: its mean, and how far its members are apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from .. import PerrinError
from ..engines.arrays import Floats

Functional: TypeAlias = Callable[[Tensor], Tensor]
"""Profiles rho, v_x, v_y, v_z, shape (B, 4, n), to internal forces, shape (B, 3, n); float32."""


class CommitteeError(PerrinError, ValueError):
    """A force functional that does not answer as it should."""


def evaluate(functional: Functional, profiles: Floats) -> Floats:
    """Internal force of `profiles`, (B, 4, n), in float64, shape (B, 3, n); NaN if not finite.

    Numbers go to float32 and come back here and nowhere else.
    """
    expected = (len(profiles), 3, profiles.shape[2])
    with torch.no_grad():
        answer = functional(torch.tensor(profiles, dtype=torch.float32))
    if tuple(answer.shape) != expected:
        raise CommitteeError(f"force functional: shape {tuple(answer.shape)}, expected {expected}")
    force = answer.to("cpu", torch.float64).numpy()
    return np.where(np.isfinite(force), force, np.nan)


def predict(committee: Sequence[Functional], profiles: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation (K - 1) over the members, shape (B, 3, n), epsilon/sigma."""
    answers = np.stack([evaluate(member, profiles) for member in committee])
    return answers.mean(axis=0), answers.std(axis=0, ddof=1)


def deviation(spread: Floats) -> Floats:
    """Committee deviation of B fields, epsilon/sigma, shape (B,).

    The root of the mean over bins of the sum over components of the variance, from standard
    deviations of shape (B, 3, n).
    """
    return np.asarray(np.sqrt((spread**2).sum(axis=1).mean(axis=1)))
