import numpy as np
import pytest

from perrin.engines.arrays import Floats
from perrin.engines.neighbours import build_both, grown, make_neighbourhood, refresh
from perrin.engines.verlet import List

CASES = [(1, 5.0), (2, 5.0), (64, 5.0), (500, 10.0), (700, 11.2), (2000, 16.0)]


def listed(target: List) -> set[tuple[int, int]]:
    return {
        (i, int(j))
        for i in range(target.start.size)
        for j in target.neighbours[target.start[i] : target.stop[i]]
    }


def near(positions: Floats, length: float, radius: float) -> set[tuple[int, int]]:
    difference = positions[:, :, None] - positions[:, None, :]
    difference -= length * np.rint(difference / length)
    close = (difference**2).sum(axis=0) < radius**2
    np.fill_diagonal(close, val=False)
    return {(int(i), int(j)) for i, j in np.argwhere(close)}


def uniform(particles: int, length: float, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).uniform(0, length, (3, particles))


@pytest.mark.parametrize(("particles", "length"), CASES)
def test_both_lists_hold_exactly_the_near_pairs(particles: int, length: float) -> None:
    positions = uniform(particles, length)
    hood = make_neighbourhood(particles, length, 2.5)
    assert build_both(hood, positions, positions)
    for target in (hood.wide, hood.narrow):
        total = int((target.stop - target.start).sum())
        pairs = listed(target)
        assert len(pairs) == total
        assert pairs == near(positions, length, target.radius)


def test_coordinates_on_the_edge_of_the_box_are_sorted_too() -> None:
    length = 11.2
    positions = uniform(700, length)
    positions[:, :3] = [[0.0, np.nextafter(length, 0), 0.0]] * 3
    hood = make_neighbourhood(700, length, 2.5)
    assert build_both(hood, positions, positions)
    assert listed(hood.narrow) == near(positions, length, hood.narrow.radius)


@pytest.mark.parametrize(("particles", "length"), [(100, 5.0), (300, 11.2)])
def test_no_interacting_pair_is_missed_over_a_driven_walk(particles: int, length: float) -> None:
    rng = np.random.default_rng(2)
    positions = uniform(particles, length)
    references = np.stack([positions, positions])
    hood = make_neighbourhood(particles, length, 2.5)
    assert build_both(hood, *references)
    rebuilt = np.zeros(2, dtype=int)
    for _ in range(120):
        before = references.copy()
        assert refresh(hood, positions, *references)
        rebuilt += (before != references).any(axis=(1, 2))
        assert near(positions, length, 2.5) <= listed(hood.narrow)
        drift = 0.02 * np.sin(2 * np.pi * positions[2] / length)
        positions = (positions + rng.normal(0, 0.03, positions.shape) + drift) % length
    # Both lists were rebuilt, the wide one less often: else this tests nothing.
    assert 0 < rebuilt[0] < rebuilt[1] < 120


def test_lists_follow_from_the_references_alone() -> None:
    rng = np.random.default_rng(3)
    positions = uniform(700, 11.2)
    references = np.stack([positions, positions])
    hood = make_neighbourhood(700, 11.2, 2.5)
    assert build_both(hood, *references)
    for _ in range(60):
        positions = (positions + rng.normal(0, 0.03, positions.shape)) % 11.2
        assert refresh(hood, positions, *references)
    fresh = make_neighbourhood(700, 11.2, 2.5)
    assert build_both(fresh, *references)
    for old, new in ((hood.wide, fresh.wide), (hood.narrow, fresh.narrow)):
        assert np.array_equal(old.start, new.start)
        assert np.array_equal(old.stop, new.stop)
        end = old.stop.max()
        assert np.array_equal(old.neighbours[:end], new.neighbours[:end])


def test_full_lists_say_so_and_grow() -> None:
    positions = uniform(500, 20.0) / 4  # a drop much denser than the mean
    hood = make_neighbourhood(500, 20.0, 2.5)
    assert not build_both(hood, positions, positions)
    for _ in range(10):
        hood = grown(hood)
        if build_both(hood, positions, positions):
            break
    assert listed(hood.narrow) == near(positions, 20.0, hood.narrow.radius)
