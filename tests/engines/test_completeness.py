import numpy as np
import pytest

from perrin.engines.arrays import Floats
from perrin.engines.box import Box, make_box
from perrin.engines.completeness import WORTH_LOOKING, largest_move, misses_pair
from perrin.engines.neighbours import is_outdated
from perrin.engines.verlet import extend

from .test_neighbours import CUBE, SLAB, SQUARE, Sorted, listed, near, uniform

CASES = [
    ((700,), 11.2, CUBE),
    ((300,), 8.0, CUBE),
    ((560, 140), 11.2, CUBE),
    ((700,), 12.0, SLAB),
    ((300, 200), 24.0, SQUARE),
]


def approach(system: Sorted, box: Box, rng: np.random.Generator, pairs: int) -> Floats:
    """Positions in which pairs that are just not listed have come nearer, each by some way."""
    radius, reach = system.hood.radius, system.hood.range
    most = 0.5 * (system.hood.cells.halo - reach)
    positions = system.reference.copy()
    images = np.array(np.meshgrid(*[(-1, 0, 1)] * 3)).reshape(3, -1).T
    found = []
    for image in images if box.dimensions == 3 else images[images[:, 2] == 0]:
        apart = positions[:, None, :] + (image * np.array(box.edges))[:, None, None]
        apart = apart - positions[:, :, None]
        r = np.sqrt((apart**2).sum(axis=0))
        found += [
            (i, j, apart[:, i, j] / r[i, j])
            for i, j in np.argwhere((r > radius) & (r < radius + 0.2))
        ]
    moved: set[int] = set()
    for k in rng.permutation(len(found)):
        i, j, direction = found[k]
        if moved & {i, j} or len(moved) == 2 * pairs:
            continue
        moved |= {i, j}
        first, second = rng.uniform(0.3, 1.0, 2) * most
        positions[:, i] += first * direction
        positions[:, j] -= second * direction
    return positions


@pytest.mark.parametrize(("counts", "length", "shape"), CASES)
def test_a_missed_pair_is_found_and_nothing_else(counts, length, shape) -> None:
    """Against all pairs of all images: with few movers the answer is exact."""
    box, rng = make_box(length, shape), np.random.default_rng(7)
    answers = set()
    for seed in range(12):
        system = Sorted(counts, box, uniform(sum(counts), box, seed))
        hood = system.hood
        positions = approach(system, box, rng, pairs=1 + seed % 2)
        extend(hood, positions)
        missed = set(near(positions, box, hood.range)) - set(listed(hood))
        largest = largest_move(positions, system.reference)
        assert misses_pair(hood, positions, system.reference, largest) == bool(missed)
        answers.add(bool(missed))
    assert answers == {False, True}


def test_lists_outlast_half_the_skin_while_no_pair_is_missed() -> None:
    box = make_box(11.2, CUBE)
    system = Sorted((700,), box, uniform(700, box))
    hood, positions = system.hood, system.reference.copy()
    positions[0, :5] += 0.6 * (hood.radius - hood.range)
    extend(hood, positions)
    assert not set(near(positions, box, hood.range)) - set(listed(hood))
    assert not is_outdated(hood, positions, system.reference)


def test_lists_are_outdated_once_ghosts_may_be_missing_or_many_have_moved() -> None:
    box = make_box(11.2, CUBE)
    system = Sorted((700,), box, uniform(700, box))
    hood = system.hood
    beyond = 0.5 * (hood.cells.halo - hood.range)
    for movers, distance in (
        (1, 1.01 * beyond),
        (700 // WORTH_LOOKING + 1, 0.51 * (hood.radius - hood.range)),
    ):
        positions = system.reference.copy()
        positions[0, :movers] += distance
        extend(hood, positions)
        assert is_outdated(hood, positions, system.reference)
