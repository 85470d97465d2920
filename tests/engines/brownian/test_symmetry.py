"""Mirrored starts in mirrored fields give mirrored trajectories, exactly, where noise vanishes."""

import copy

import numpy as np
import pytest

from perrin.engines.neighbours import settle

COLD = 1e-30  # noise of 1e-17 sigma a step


def flipped(field: dict) -> dict:
    """The field mirrored at z = 0."""
    mirror = copy.deepcopy(field)
    for name in "xyz":
        sign = -1 if name == "z" else 1
        mirror.setdefault(name, {})
        mirror[name]["constant"] = sign * mirror[name].get("constant", 0.0)
        for mode in mirror[name].get("modes", []):
            mode["amplitude"] *= -sign
            mode["phase"] *= -1
    return mirror


def run(engine, field, transform=lambda positions: positions):
    simulation = engine(temperature=COLD, field=field, sampling={"time": 0.05})
    state = simulation.start(np.random.SeedSequence(1))
    simulation.advance(state, 100)
    dynamics = state.dynamics
    dynamics["positions"][:] = transform(dynamics["positions"])
    names = ("positions", "images", "reference", "labels")
    hood = simulation._make_neighbourhood()
    settle(hood, *(dynamics[name] for name in names), (np.zeros((1, 64)),))
    simulation.advance(state, simulation.total_steps)
    return state


def by_particle(state):
    return state.dynamics["positions"][:, np.argsort(state.dynamics["labels"])]


def agree(first, second) -> None:
    assert first == pytest.approx(second, rel=1e-7, abs=1e-7 * np.abs(second).max())


def test_flipping_z(engine, driving):
    length = 6.0
    original = run(engine, driving)
    mirror = run(engine, flipped(driving), lambda r: np.stack([r[0], r[1], length - r[2]]))
    agree(by_particle(mirror)[2] % length, (-by_particle(original)[2]) % length)
    a, b = original.statistics, mirror.statistics
    assert np.array_equal(a["density"], b["density"][:, :, ::-1])
    for name in ("displacement", "internal_force", "external_force"):
        agree(b[name][:, :, ::-1] * [1, 1, -1], a[name])
    agree(b["energy"], a["energy"])


def test_swapping_x_and_y(engine, driving):
    original = run(engine, driving)
    field = {**driving, "x": driving["y"], "y": driving["x"]}
    swapped = run(engine, field, lambda r: r[[1, 0, 2]])
    agree(by_particle(swapped)[[1, 0, 2]] % 6.0, by_particle(original) % 6.0)
    a, b = original.statistics, swapped.statistics
    for name in ("displacement", "internal_force", "external_force"):
        agree(b[name][..., [1, 0, 2]], a[name])
    agree(b["balance_modes"][:, :, [1, 0, 2]], a["balance_modes"])
