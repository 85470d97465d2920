"""Series in time against snapshots of the same instants."""

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.molecular.engine import MolecularEngine
from perrin.engines.samplers.series import Series
from perrin.engines.sampling import ParticleSampling, SamplingError

SEED = np.random.SeedSequence(7)
ENGINES = {"brownian": (BrownianEngine, 1e-4), "molecular": (MolecularEngine, 1e-3)}


def made(name, steps=100, transient_steps=10, **sampling):
    engine, step = ENGINES[name]
    return engine(
        engine.Parameters(
            particles=60,
            box_length=6.0,
            temperature=1.2,
            composition=(3, 1),
            potential={"kind": "kob-andersen"},
        ),
        engine.Dynamics(time_step=step, bulk_time=20 * step),
        engine.Sampling(transient_time=transient_steps * step, time=steps * step, **sampling),
    )


def finished(simulation):
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    return state.statistics


@pytest.mark.parametrize("name", ENGINES)
def test_samples_are_sums_over_the_particles_of_snapshots(name):
    step = ENGINES[name][1]
    sums = finished(
        made(name, series={"interval": 30}, snapshots={"time": 30 * step, "labels": True})
    )
    assert sums["series_step"].tolist() == [1, 31, 61, 91]
    assert np.array_equal(sums["series_step"], sums["snapshot_step"])
    energies, virials = sums["snapshot_energies"], sums["snapshot_virials"]
    np.testing.assert_allclose(sums["series_energy"], energies.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(sums["series_virial"], virials.sum(axis=2), rtol=1e-12)
    assert ("series_kinetic" in sums) == (name == "molecular")


def test_velocities_add_up():
    sums = finished(
        made("molecular", series={"interval": 30}, snapshots={"time": 0.03}, energy_interval=30)
    )
    v = sums["snapshot_velocities"]
    flux = np.einsum("san,sbn->sab", v, v)
    first, second = [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]
    found = sums["series_kinetic"]
    np.testing.assert_allclose(found, flux[:, first, second], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=0), sums["kinetic_stress"][0], rtol=1e-9, atol=1e-9)
    assert sums["series_energy"].sum() == pytest.approx(sums["energy"][0, 0])


@pytest.mark.parametrize(("interval", "samples"), [(1, 20), (6, 4), (20, 1), (21, 1), (1000, 1)])
def test_as_many_samples_as_fit(interval, samples):
    sums = finished(made("brownian", steps=20, series={"interval": interval}))
    assert sums["series_step"].tolist() == [1 + interval * number for number in range(samples)]
    assert np.isfinite(sums["series_energy"]).all()


def test_samples_are_wherever_blocks_end():
    series = {"interval": 15}
    whole = finished(made("molecular", series=series))
    blocked = finished(made("molecular", series=series, block_time=0.007))
    for name in ("step", "energy", "virial", "kinetic"):
        assert np.array_equal(whole[f"series_{name}"], blocked[f"series_{name}"])


def test_extended_in_the_middle_of_an_interval():
    """A last interval that is cut off goes on; samples are appended."""
    sums, simulation = [], made("molecular", steps=40, series={"interval": 15})
    state = simulation.start(SEED)
    for steps in (40, 46, 100):
        longer = made("molecular", steps=steps, series={"interval": 15})
        longer.advance(state, longer.total_steps)
        sums.append(state.statistics["series_step"].tolist())
    assert sums == [[1, 16, 31], [1, 16, 31, 46], [1, 16, 31, 46, 61, 76, 91]]
    expected = finished(made("molecular", steps=100, series={"interval": 15}))
    for name, values in expected.items():
        assert np.array_equal(values, state.statistics[name]), name


def test_more_samples_than_anyone_needs_are_refused():
    assert Series(interval=10).samples(1_000_000) == 100_000
    made("brownian", steps=1_000_000, series={"interval": 10})
    message = r"series\.interval = 10 makes 100001 samples in time = 100\.001; .* at least 11"
    with pytest.raises(SamplingError, match=message):
        made("brownian", steps=1_000_010, series={"interval": 10})
    made("brownian", steps=1_000_010, series={"interval": 11})


@pytest.mark.parametrize(
    ("table", "message"), [({"interval": 0}, "interval"), ({"time": 1}, "time")]
)
def test_bad_settings_are_refused(table, message):
    with pytest.raises(ValidationError, match=rf"series\.{message}"):
        ParticleSampling(transient_time=0, time=1, series=table)
