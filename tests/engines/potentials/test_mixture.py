"""Forces between species against the double sum, in boxes of every kind."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from perrin.engines.box import make_box
from perrin.engines.forces import energy_and_virial, fill_forces
from perrin.engines.neighbours import make_neighbourhood, settle
from perrin.engines.potentials.pair import pair
from perrin.engines.potentials.potential import Potential
from perrin.engines.verlet import build_lists, extend

THREE_SPECIES = {
    "kind": "mixture",
    "single": {"kind": "gaussian-core", "strength": 3.0, "cutoff": 3.0},
    "sigma": ((1.0, 0.7, 0.5), (0.7, 0.4, 0.8), (0.5, 0.8, 1.1)),
    "energy": ((1.0, 2.0, 0.5), (2.0, 3.0, 1.5), (0.5, 1.5, 0.7)),
}
CASES = [
    ({"kind": "kob-andersen", "shift": "force"}, (160, 40), 6.0, (1.0, 1.0, 1.0)),
    ({"kind": "kob-andersen"}, (240, 60), 5.5, (1.0, 1.2, 2.0)),
    ({"kind": "kob-andersen", "shift": "none"}, (90, 30), 10.0, (1.0, 1.3)),
    (THREE_SPECIES, (50, 1, 70), 7.0, (1.0, 1.0, 1.0)),
    ({"kind": "lennard-jones"}, (100, 20), 12.0, (1.0, 1.0)),
]


def spread(particles, box, rng):
    """Positions no closer than .8 sigma, one after the other."""
    edges = np.array(box.edges)
    placed = np.empty((0, 3))
    while len(placed) < particles:
        position = rng.uniform(0, edges) * (np.arange(3) < box.dimensions)
        difference = placed - position
        difference -= edges * np.rint(difference / edges)
        if ((difference**2).sum(axis=1) > 0.8**2).all():
            placed = np.vstack([placed, position])
    return np.ascontiguousarray(placed.T)


def double_sum(table, counts, box, positions):
    species = np.repeat(np.arange(len(counts)), counts)
    edges, forces = np.array(box.edges), np.zeros_like(positions)
    energy, virial = 0.0, np.zeros(6)
    for i in range(positions.shape[1]):
        for j in range(i):
            dr = positions[:, i] - positions[:, j]
            dr -= edges * np.rint(dr / edges)
            coefficients = table[species[i] * len(counts) + species[j]]
            force_over_r, u = pair(coefficients, dr @ dr)
            forces[:, i] += force_over_r * dr
            forces[:, j] -= force_over_r * dr
            energy += u
            virial += force_over_r * dr[[0, 1, 2, 1, 0, 0]] * dr[[0, 1, 2, 2, 2, 1]]
    return forces, energy, virial


@pytest.mark.parametrize(("options", "counts", "length", "shape"), CASES)
def test_forces_energy_and_virial_equal_the_double_sum(options, counts, length, shape):
    potential = TypeAdapter(Potential).validate_python(options)
    table, box = potential.table(len(counts)), make_box(length, shape)
    positions = spread(sum(counts), box, np.random.default_rng(5))
    hood = make_neighbourhood(counts, box, potential.range)
    images, reference = np.zeros_like(positions), positions.copy()
    labels = np.arange(positions.shape[1], dtype=np.uint32)
    settle(hood, positions, images, reference, labels, (reference,))
    assert build_lists(hood, reference)
    extend(hood, positions)
    forces = np.empty_like(positions)
    fill_forces(table, hood, forces)
    virial = np.empty(6)
    energy = energy_and_virial(table, hood, virial)
    expected, expected_energy, expected_virial = double_sum(table, counts, box, positions)
    assert np.abs(forces - expected).max() < 1e-10 * np.abs(expected).max()
    assert energy == pytest.approx(expected_energy, rel=1e-11)
    scale = np.abs(expected_virial[:3]).max()
    np.testing.assert_allclose(virial, expected_virial, rtol=0, atol=1e-11 * scale)
    assert np.abs(forces.sum(axis=1)).max() < 1e-12 * np.abs(forces).sum()
    if box.dimensions == 2:
        assert not forces[2].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"sigma": ((1.0, 0.8), (0.8, 1.0))},
            "energy has 3 rows of 3, 3, 3",
        ),
        (
            {"energy": ((1.0, 2.0, 0.5), (2.1, 3.0, 1.5), (0.5, 1.5, 0.7))},
            r"energy\[1\]\[0\] = 2.1",
        ),
        ({"single": {"kind": "ideal"}}, "ideal"),
        ({"sigma": ((0.0,),)}, "greater than 0"),
    ],
)
def test_bad_mixtures_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Potential).validate_python(THREE_SPECIES | change)


def test_cutoffs_scale_with_the_diameters():
    potential = TypeAdapter(Potential).validate_python({"kind": "kob-andersen"})
    for coefficients, sigma in zip(potential.table(2), (1.0, 0.8, 0.8, 0.88), strict=True):
        assert pair(coefficients, (2.5 * sigma * 0.999) ** 2)[1] < 0
        assert pair(coefficients, (2.5 * sigma * 1.001) ** 2) == (0.0, 0.0)
