import numpy as np
import pytest

from perrin.engines.arrays import Floats
from perrin.engines.box import Box, make_box
from perrin.engines.neighbours import grown, make_neighbourhood, refresh, settle
from perrin.engines.verlet import Neighbourhood, build_lists, extend

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
    ((50,), 1e6, CUBE),
]


def listed(hood: Neighbourhood) -> list[tuple[int, int]]:
    """Every listed pair, sorted; ghosts have the number of the particle they are images of.

    The last row of extended positions, which fills up lists, is nobody's image.
    """
    particles = hood.start.shape[1]
    real = np.concatenate([np.arange(particles), hood.ghosts.source[: hood.ghosts.number[0]]])
    return sorted(
        (i, int(real[j]))
        for start, stop in zip(hood.start, hood.stop, strict=True)
        for i in range(particles)
        for j in hood.neighbours[start[i] : stop[i]]
        if j < len(hood.extended) - 1
    )


def near(positions: Floats, box: Box, radius: float) -> list[tuple[int, int]]:
    """Every pair within a radius, once for each image of the second particle."""
    found = []
    images = np.array(np.meshgrid(*[(-1, 0, 1)] * 3)).reshape(3, -1).T
    for image in images:
        if box.dimensions == 2 and image[2]:
            continue
        shift = (image * np.array(box.edges))[:, None, None]
        difference = positions[:, :, None] - positions[:, None, :] - shift
        close = (difference**2).sum(axis=0) < radius**2
        if not image.any():
            np.fill_diagonal(close, val=False)
        found += [(int(i), int(j)) for i, j in np.argwhere(close)]
    return sorted(found)


def uniform(particles: int, box: Box, seed: int = 1) -> Floats:
    d = box.dimensions
    positions = np.zeros((3, particles))
    positions[:d] = np.random.default_rng(seed).uniform(0, box.edges[:d], (particles, d)).T
    return positions


class Sorted:
    """Particles with their lists."""

    def __init__(self, counts, box: Box, positions: Floats) -> None:
        self.hood = make_neighbourhood(counts, box, 2.5)
        self.positions = positions.copy()
        self.images = np.zeros_like(positions)
        self.reference = np.zeros_like(positions)
        self.labels = np.arange(positions.shape[1], dtype=np.uint32)
        self.carried = 2 * positions
        assert self.rebuild()

    def rebuild(self) -> bool:
        settle(*self.arguments)
        return build_lists(self.hood, self.reference)

    @property
    def arguments(self):
        return (
            self.hood,
            self.positions,
            self.images,
            self.reference,
            self.labels,
            (self.carried,),
        )


@pytest.mark.parametrize(("counts", "length", "shape"), CASES)
def test_lists_hold_exactly_the_near_pairs(counts, length, shape) -> None:
    box = make_box(length, shape)
    system = Sorted(counts, box, uniform(sum(counts), box))
    hood = system.hood
    assert listed(hood) == near(system.positions, box, hood.radius)
    species_of = np.repeat(np.arange(len(counts)), counts)
    ghosts = hood.ghosts.source[: hood.ghosts.number[0]]
    everyone = np.concatenate([species_of, species_of[ghosts]])
    for species, (start, stop) in enumerate(zip(hood.start, hood.stop, strict=True)):
        for first, last in zip(start, stop, strict=True):
            rows = hood.neighbours[first:last]
            assert (everyone[rows[rows < everyone.size]] == species).all()


def test_coordinates_on_the_faces_of_the_box_are_sorted_too() -> None:
    box = make_box(11.2, CUBE)
    positions = uniform(700, box)
    positions[:, :3] = [[0.0, np.nextafter(11.2, 0), 0.0]] * 3
    system = Sorted((700,), box, positions)
    assert listed(system.hood) == near(system.positions, box, system.hood.radius)


@pytest.mark.parametrize(
    ("counts", "length", "shape"),
    [((100,), 5.0, CUBE), ((300,), 11.2, CUBE), ((200, 100), 11.2, SLAB), ((200,), 12.0, SQUARE)],
)
def test_no_interacting_pair_is_missed_over_a_driven_walk(counts, length, shape) -> None:
    """Distances to listed rows of the extended positions are those of nearest images."""
    rng = np.random.default_rng(2)
    box = make_box(length, shape)
    system = Sorted(counts, box, uniform(sum(counts), box))
    moving = (np.arange(3) < box.dimensions)[:, None]
    rebuilt = 0
    for _ in range(120):
        before = system.reference.copy()
        assert refresh(*system.arguments, False)
        rebuilt += not np.array_equal(before, system.reference)
        extend(system.hood, system.positions)
        hood, distances = system.hood, []
        for start, stop in zip(hood.start, hood.stop, strict=True):
            for i in range(sum(counts)):
                rows = hood.neighbours[start[i] : stop[i]]
                apart = hood.extended[rows, :3] - system.positions[:, i]
                distances.append(np.sqrt((apart**2).sum(axis=1)))
        found = np.sort(np.concatenate(distances))
        assert found[found < 2.5] == pytest.approx(true_distances(system.positions, box))
        drift = 0.02 * np.sin(2 * np.pi * system.positions[0] / length)
        system.positions += moving * (rng.normal(0, 0.03, system.positions.shape) + drift)
    # Lists were rebuilt, but not all the time: else this tests nothing.
    assert 5 < rebuilt < 100
    assert system.images.any()


def true_distances(positions: Floats, box: Box) -> Floats:
    edges = np.array(box.edges)[:, None, None]
    difference = positions[:, :, None] - positions[:, None, :]
    difference -= edges * np.rint(difference / edges)
    r = np.sqrt((difference**2).sum(axis=0))
    np.fill_diagonal(r, 99.0)
    return np.sort(r[r < 2.5])


def test_lists_follow_from_the_reference_alone() -> None:
    rng = np.random.default_rng(3)
    box = make_box(11.2, CUBE)
    system = Sorted((600, 100), box, uniform(700, box))
    for _ in range(60):
        system.positions += rng.normal(0, 0.03, system.positions.shape)
        assert refresh(*system.arguments, False)
    fresh = make_neighbourhood((600, 100), box, 2.5)
    assert build_lists(fresh, system.reference)
    assert np.array_equal(system.hood.start, fresh.start)
    assert np.array_equal(system.hood.stop, fresh.stop)
    end = fresh.stop.max()
    assert np.array_equal(system.hood.neighbours[:end], fresh.neighbours[:end])


def test_sorting_moves_all_that_belongs_to_a_particle_and_keeps_species_apart() -> None:
    box = make_box(12.0, CUBE)
    original = uniform(900, box) + 12.0
    system = Sorted((700, 200), box, original)
    labels = system.labels
    assert (labels != np.arange(900)).any()
    assert sorted(labels[:700]) == list(range(700))
    assert sorted(labels[700:]) == list(range(700, 900))
    np.testing.assert_allclose(system.positions, original[:, labels] - 12.0, atol=1e-14)
    np.testing.assert_array_equal(system.images, 1.0)
    np.testing.assert_array_equal(system.carried, 2 * original[:, labels])
    assert system.rebuild()
    assert np.array_equal(system.hood.cells.order, np.arange(900))


def test_full_lists_say_so_and_grow() -> None:
    box = make_box(20.0, CUBE)
    system = Sorted((500,), box, uniform(500, box))
    system.positions /= 4  # a drop much denser than the mean, in a corner: many ghosts too
    assert not system.rebuild()
    for _ in range(10):
        system.hood = grown(system.hood)
        if system.rebuild():
            break
    assert listed(system.hood) == near(system.positions, box, system.hood.radius)
