import numpy as np
import pytest

from perrin.engines.box import make_box
from perrin.engines.lattice import lattice_positions
from perrin.engines.molecular.engine import MolecularEngine
from perrin.engines.randomness import random_state

RANDOM = random_state(np.random.SeedSequence(3))


def nearest(positions, box):
    difference = positions[:, :, None] - positions[:, None, :]
    edges = np.array(box.edges)[:, None, None]
    difference -= edges * np.rint(difference / edges)
    r = np.sqrt((difference**2).sum(axis=0))
    np.fill_diagonal(r, np.inf)
    return r


@pytest.mark.parametrize(
    ("particles", "length", "shape", "neighbours", "distance"),
    [
        (256, 8.0, (1, 1, 1), 12, 2 / np.sqrt(2)),
        (512, 8.0, (1, 1, 2), 12, 2 / np.sqrt(2)),
        (112, 8.0, (1, np.sqrt(3) * 7 / 8), 6, 1.0),
    ],
)
def test_whole_lattices_are_close_packed(particles, length, shape, neighbours, distance):
    box = make_box(length, shape)
    r = nearest(lattice_positions(particles, box, RANDOM), box)
    close = r < 1.001 * r.min()
    assert (close.sum(axis=1) == neighbours).all()
    assert r.min() == pytest.approx(distance)


@pytest.mark.parametrize(
    ("particles", "shape"), [(1, (1, 1, 1)), (250, (1, 1, 0.6)), (77, (1, 1.1))]
)
def test_other_numbers_leave_sites_empty(particles, shape):
    box = make_box(9.0, shape)
    positions = lattice_positions(particles, box, RANDOM)
    assert positions.shape == (3, particles)
    assert (positions >= 0).all()
    assert (box.edges[: box.dimensions] > positions[: box.dimensions].T).all()
    spacing = (box.volume / particles) ** (1 / box.dimensions)
    assert particles == 1 or nearest(positions, box).min() > 0.6 * spacing


def test_a_crystal_stays_one_below_its_melting_temperature():
    """At T = .3 and 1 sigma^-3, far below melting, every particle stays near its site."""
    length = 256 ** (1 / 3)
    simulation = MolecularEngine(
        MolecularEngine.Parameters(
            particles=256,
            box_length=length,
            temperature=0.3,
            potential={"kind": "lennard-jones", "shift": "force"},
        ),
        MolecularEngine.Dynamics(start="lattice", bulk_time=1.0),
        MolecularEngine.Sampling(transient_time=0.0, time=0.1),
    )
    state = simulation.start(np.random.SeedSequence(1))
    sites = unwrapped(state, length)
    assert nearest(sites, simulation.parameters.box).min() == pytest.approx(length / 4 / 2**0.5)
    simulation.advance(state, simulation.total_steps)
    moved = unwrapped(state, length) - sites
    moved -= moved.mean(axis=1, keepdims=True)
    assert 0.05 < np.sqrt((moved**2).sum(axis=0)).max() < 0.5


def unwrapped(state, length):
    order = np.argsort(state.dynamics["labels"])
    return (state.dynamics["positions"] + length * state.dynamics["images"])[:, order]
