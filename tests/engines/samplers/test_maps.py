"""Maps over two axes, against replays, whole boxes and profiles along one axis."""

import numpy as np
import pytest

from perrin.analysis.maps import Maps
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.molecular.engine import MolecularEngine

SEED = np.random.SeedSequence(11)
MIXTURE = {
    "particles": 60,
    "box_length": 6.0,
    "composition": (3, 1),
    "temperature": 1.2,
    "potential": {"kind": "kob-andersen"},
}
ENGINES = {"brownian": (BrownianEngine, 1e-4), "molecular": (MolecularEngine, 1e-3)}


def made(name, steps=20, **sampling):
    engine, step = ENGINES[name]
    return engine(
        engine.Parameters(**MIXTURE),
        engine.Dynamics(time_step=step, bulk_time=10 * step),
        engine.Sampling(transient_time=0.0, time=steps * step, energy_interval=5, **sampling),
    )


def by_label(state):
    columns = np.argsort(state.dynamics["labels"])
    return (state.dynamics["positions"] + 6.0 * state.dynamics["images"])[:, columns]


def cells_of(positions, axes, shape):
    return tuple(
        np.floor(positions[axis] / 6.0 * cells).astype(int) % cells
        for axis, cells in zip(axes, shape, strict=True)
    )


@pytest.mark.parametrize("interval", [1, 2, 7])
def test_displacements_are_shared_between_where_they_begin_and_end(interval):
    simulation = made("brownian", field_map={"interval": interval, "bin_width": 1.0, "axes": "yz"})
    state = simulation.start(SEED)
    simulation.advance(state, 10)
    trajectory = [by_label(state)]
    for until in range(11, 31):
        simulation.advance(state, until)
        trajectory.append(by_label(state))
    expected, steps = np.zeros((2, 6, 6, 3)), 0
    species = np.repeat([0, 1], simulation.parameters.counts)
    for since in range(0, 19, interval):
        before, after = trajectory[since : since + 2]
        steps += 1
        for positions in (before, after):
            first, second = cells_of(positions, (1, 2), (6, 6))
            np.add.at(expected, (species, first, second), 0.5 * (after - before).T)
    sums = {name: value[0] for name, value in state.statistics.items()}
    assert sums["map_steps"] == steps
    np.testing.assert_allclose(sums["displacement_map"], expected, atol=1e-12)
    fields = Maps("yz", 1e-4).estimate(sums, simulation.parameters.box)
    if interval == 1:
        moved = trajectory[19] - trajectory[0]
        mean = [moved[:, species == s].sum(axis=1) / (216.0 * 19 * 1e-4) for s in (0, 1)]
        np.testing.assert_allclose(fields["current_map"].mean(axis=(1, 2)), mean, rtol=1e-9)


@pytest.mark.parametrize("name", ENGINES)
def test_stress_on_a_map_is_that_of_the_profile(name):
    table = {"interval": 10, "bin_width": 0.75}
    stress = {"stress_profile": table, "field_map": {**table, "axes": "xz", "stress": True}}
    simulation = made(name, **stress)
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    sums = {name: value[0] for name, value in state.statistics.items()}
    assert sums["virial_map"].shape == (2, 8, 8, 6)
    kinds = ("virial", "kinetic") if name == "molecular" else ("virial",)
    for kind in kinds:
        along_z = sums[f"{kind}_map"].sum(axis=1)
        scale = np.abs(along_z).max()
        np.testing.assert_allclose(along_z, sums[f"{kind}_profile"], atol=1e-11 * scale)
    fields = Maps("xz", 1e-4).estimate(sums, simulation.parameters.box)
    for kind in kinds:
        along_z = fields[f"{kind}_stress_map"].mean(axis=1)
        np.testing.assert_allclose(along_z, fields[f"species_{kind}_stress"], atol=1e-9)
        np.testing.assert_allclose(along_z.sum(axis=0), fields[f"{kind}_stress"], atol=1e-9)


LABELLED = {"time": 1.0, "labels": True}


def test_virials_of_particles_add_up_to_those_of_their_species():
    simulation = made("molecular", stress_profile={"interval": 100}, snapshots=LABELLED)
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    sums = {name: value[0] for name, value in state.statistics.items()}
    virials = np.split(sums["snapshot_virials"], [simulation.parameters.counts[0]], axis=1)
    expected = [of_species.sum(axis=1) for of_species in virials]
    np.testing.assert_allclose(sums["virial_profile"].sum(axis=1), expected, atol=1e-9)


def test_a_map_of_the_stress_needs_pairs():
    code = "def forces(p, positions, species, edges): pass"
    with pytest.raises(ValueError, match=r"field_map.stress needs pairs"):
        MolecularEngine(
            MolecularEngine.Parameters(
                **MIXTURE | {"potential": {"kind": "many-body", "code": code}}
            ),
            MolecularEngine.Dynamics(),
            MolecularEngine.Sampling(transient_time=0, time=1.0, field_map={"stress": True}),
        )
