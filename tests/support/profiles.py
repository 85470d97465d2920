"""Profiles whose internal force is a simple functional of them."""

from __future__ import annotations

import numpy as np

from perrin.ml.profiles import Profiles


def viscous_profiles(fields, bins=40, length=8.0, seed=5):
    """Force of a made-up fluid: pressure gradient along z, viscosity along x and y."""
    rng = np.random.default_rng(seed)
    z = 2 * np.pi * (np.arange(bins) + 0.5) / bins
    density = 0.4 + 0.1 * rng.uniform(-1, 1, (fields, 1)) * np.sin(
        z + rng.uniform(0, 6, (fields, 1))
    )
    velocity = rng.uniform(-3, 3, (fields, 3, 1)) * np.cos(z + rng.uniform(0, 6, (fields, 3, 1)))
    force = -0.5 * velocity
    force[:, 2] -= np.gradient(density, length / bins, axis=1) / density
    names = tuple(f"field{number}" for number in range(fields))
    errors = np.full_like(force, 0.01)
    return Profiles(names, density, velocity, force, errors, np.ones(fields), length)
