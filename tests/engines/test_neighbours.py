import numpy as np
import pytest

from perrin.engines.arrays import Floats
from perrin.engines.box import Box, make_box
from perrin.engines.neighbours import build_both, grown, make_neighbourhood, refresh, settle
from perrin.engines.verlet import List, Neighbourhood

CUBE, SLAB, SQUARE = (1.0, 1.0, 1.0), (1.0, 0.5, 2.0), (1.0, 1.5)
CASES = [
    ((1,), 5.0, CUBE),
    ((2,), 5.0, CUBE),
    ((64,), 5.0, CUBE),
    ((500,), 10.0, CUBE),
    ((700,), 11.2, CUBE),
    ((2000,), 16.0, CUBE),
    ((1500,), 12.0, SLAB),
    ((500,), 25.0, SQUARE),
    ((560, 140), 11.2, CUBE),
    ((100, 1, 300), 20.0, SQUARE),
]


def listed(target: List) -> set[tuple[int, int]]:
    """Every listed pair."""
    return {
        (i, int(j))
        for species in range(len(target.start))
        for i in range(target.start.shape[1])
        for j in target.neighbours[target.start[species, i] : target.stop[species, i]]
    }


def near(positions: Floats, box: Box, radius: float) -> set[tuple[int, int]]:
    edges = np.array(box.edges)[:, None, None]
    difference = positions[:, :, None] - positions[:, None, :]
    difference -= edges * np.rint(difference / edges)
    close = (difference**2).sum(axis=0) < radius**2
    np.fill_diagonal(close, val=False)
    return {(int(i), int(j)) for i, j in np.argwhere(close)}


def uniform(particles: int, box: Box, seed: int = 1) -> Floats:
    d = box.dimensions
    positions = np.zeros((3, particles))
    positions[:d] = np.random.default_rng(seed).uniform(0, box.edges[:d], (particles, d)).T
    return positions


def twice(positions: Floats) -> Floats:
    return np.stack([positions, positions])


def labels_of(hood: Neighbourhood) -> np.ndarray:
    return np.arange(hood.near.size, dtype=np.uint32)


@pytest.mark.parametrize(("counts", "length", "shape"), CASES)
def test_both_lists_hold_exactly_the_near_pairs(counts, length, shape) -> None:
    box = make_box(length, shape)
    positions = uniform(sum(counts), box)
    hood = make_neighbourhood(counts, box, 2.5)
    assert build_both(hood, twice(positions))
    species_of = np.repeat(np.arange(len(counts)), counts)
    for target in (hood.wide, hood.narrow):
        total = int((target.stop - target.start).sum())
        pairs = listed(target)
        assert len(pairs) == total
        assert pairs == near(positions, box, target.radius)
        for species, (start, stop) in enumerate(zip(target.start, target.stop, strict=True)):
            for first, last in zip(start, stop, strict=True):
                assert (species_of[target.neighbours[first:last]] == species).all()


def test_coordinates_on_the_edge_of_the_box_are_sorted_too() -> None:
    box = make_box(11.2, CUBE)
    positions = uniform(700, box)
    positions[:, :3] = [[0.0, np.nextafter(11.2, 0), 0.0]] * 3
    hood = make_neighbourhood((700,), box, 2.5)
    assert build_both(hood, twice(positions))
    assert listed(hood.narrow) == near(positions, box, hood.narrow.radius)


@pytest.mark.parametrize(
    ("counts", "length", "shape"),
    [((100,), 5.0, CUBE), ((300,), 11.2, CUBE), ((200, 100), 11.2, SLAB), ((200,), 12.0, SQUARE)],
)
def test_no_interacting_pair_is_missed_over_a_driven_walk(counts, length, shape) -> None:
    rng = np.random.default_rng(2)
    box = make_box(length, shape)
    positions = uniform(sum(counts), box)
    references = twice(positions)
    hood = make_neighbourhood(counts, box, 2.5)
    labels = labels_of(hood)
    assert build_both(hood, references)
    rebuilt = np.zeros(2, dtype=int)
    edges = np.array(box.edges)[:, None]
    moving = (np.arange(3) < box.dimensions)[:, None]
    for _ in range(120):
        before = references.copy()
        assert refresh(hood, (positions,), labels, references)
        rebuilt += (before != references).any(axis=(1, 2))
        assert near(positions, box, 2.5) <= listed(hood.narrow)
        drift = 0.02 * np.sin(2 * np.pi * positions[0] / length)
        steps = rng.normal(0, 0.03, positions.shape) + drift
        positions = (positions + moving * steps) % edges
    # Both lists were rebuilt, the wide one less often: else this tests nothing.
    assert 0 < rebuilt[0] < rebuilt[1] < 120


def test_lists_follow_from_the_references_alone() -> None:
    rng = np.random.default_rng(3)
    box = make_box(11.2, CUBE)
    positions = uniform(700, box)
    references = twice(positions)
    hood = make_neighbourhood((600, 100), box, 2.5)
    labels = labels_of(hood)
    assert build_both(hood, references)
    for _ in range(60):
        positions = (positions + rng.normal(0, 0.03, positions.shape)) % 11.2
        assert refresh(hood, (positions,), labels, references)
    fresh = make_neighbourhood((600, 100), box, 2.5)
    assert build_both(fresh, references)
    for old, new in ((hood.wide, fresh.wide), (hood.narrow, fresh.narrow)):
        assert np.array_equal(old.start, new.start)
        assert np.array_equal(old.stop, new.stop)
        end = old.stop.max()
        assert np.array_equal(old.neighbours[:end], new.neighbours[:end])


def test_sorting_moves_all_that_belongs_to_a_particle_and_keeps_species_apart() -> None:
    box = make_box(12.0, CUBE)
    original = uniform(900, box)
    positions, velocities = original.copy(), 2 * original
    hood = make_neighbourhood((700, 200), box, 2.5)
    labels = labels_of(hood)
    assert settle(hood, (positions, velocities), labels, twice(positions))
    assert (labels != np.arange(900)).any()
    assert sorted(labels[:700]) == list(range(700))
    assert sorted(labels[700:]) == list(range(700, 900))
    np.testing.assert_array_equal(positions, original[:, labels])
    np.testing.assert_array_equal(velocities, 2 * original[:, labels])
    assert np.array_equal(hood.cells.order, np.arange(900))


def test_full_lists_say_so_and_grow() -> None:
    box = make_box(20.0, CUBE)
    positions = uniform(500, box) / 4  # a drop much denser than the mean
    hood = make_neighbourhood((500,), box, 2.5)
    assert not build_both(hood, twice(positions))
    for _ in range(10):
        hood = grown(hood)
        if build_both(hood, twice(positions)):
            break
    assert listed(hood.narrow) == near(positions, box, hood.narrow.radius)
