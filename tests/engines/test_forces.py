import numpy as np
import pytest

from perrin.engines.arrays import Floats
from perrin.engines.box import make_box
from perrin.engines.forces import energy_and_virial, fill_forces
from perrin.engines.neighbours import make_neighbourhood, settle
from perrin.engines.potentials.lennard_jones import LennardJones
from perrin.engines.verlet import Neighbourhood, build_lists, extend

POTENTIALS = LennardJones(kind="lennard-jones").table(1)


def sorted_fluid(positions: Floats, length: float) -> tuple[Neighbourhood, Floats]:
    """Lists of particles that are sorted in a copy of `positions`, and that copy."""
    hood = make_neighbourhood((positions.shape[1],), make_box(length, (1.0, 1.0, 1.0)), 2.5)
    moved, images, reference = positions.copy(), np.zeros_like(positions), positions.copy()
    labels = np.arange(positions.shape[1], dtype=np.uint32)
    settle(hood, moved, images, reference, labels, (reference,))
    assert build_lists(hood, reference)
    return hood, moved


def fluid(engine, particles: int, length: float, seed: int = 1) -> Floats:
    """Positions after some steps of dynamics."""
    simulation = engine(particles=particles, box_length=length)
    state = simulation.start(np.random.SeedSequence(seed))
    simulation.advance(state, 100)
    return state.dynamics["positions"]


def evaluate(positions: Floats, length: float) -> tuple[Floats, Floats, float, Floats]:
    """Sorted positions with their forces, energy and virial."""
    hood, moved = sorted_fluid(positions, length)
    forces = np.empty_like(positions)
    extend(hood, moved)
    fill_forces(POTENTIALS, hood, forces)
    virial = np.empty(6)
    return moved, forces, energy_and_virial(POTENTIALS, hood, virial), virial


# Boxes of one cell, of cells that all touch, and of cells that do not.
@pytest.mark.parametrize(("particles", "length"), [(2, 5.0), (64, 5.0), (300, 8.0), (2000, 14.0)])
def test_forces_energy_and_virial_equal_the_double_sum(engine, all_pairs, particles, length):
    positions, forces, energy, virial = evaluate(fluid(engine, particles, length), length)
    expected, expected_energy, expected_virial = all_pairs(positions, length)
    scale = max(1.0, np.abs(expected).max())
    assert np.abs(forces - expected).max() < 1e-10 * scale
    assert energy == pytest.approx(expected_energy, rel=1e-10, abs=1e-10)
    scale = max(1.0, np.abs(expected_virial).max())
    assert np.abs(virial - expected_virial).max() < 1e-10 * scale
    assert np.abs(forces.sum(axis=1)).max() < 1e-12 * np.abs(forces).sum()


def test_forces_are_minus_the_gradient_of_the_energy(engine):
    length, step = 6.0, 1e-6
    positions, forces, _, _ = evaluate(fluid(engine, 100, length), length)
    rng = np.random.default_rng(3)
    for i, axis in zip(rng.integers(100, size=12), rng.integers(3, size=12), strict=True):
        ends = []
        for sign in (1, -1):
            moved = positions.copy()
            moved[axis, i] += sign * step
            ends.append(evaluate(moved, length)[2])
        # Rounding of the energy over the step, 1e-13/1e-6, and the third derivative, step^2 1e6.
        # A pair that crosses the cut-off jumps by .016/2e-6: none does for this seed.
        assert -(ends[0] - ends[1]) / (2 * step) == pytest.approx(forces[axis, i], abs=1e-4)
