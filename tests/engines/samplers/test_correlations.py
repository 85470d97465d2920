"""Samplers between steps, against double sums, exact results and one another."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from perrin.engines.box import make_box
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.molecular.engine import MolecularEngine
from perrin.engines.potentials.pair import pair
from perrin.engines.samplers.relaxation import Relaxation, wave_vectors
from perrin.engines.samplers.snapshots import Snapshots
from perrin.engines.sampling import ParticleSampling

SEED = np.random.SeedSequence(5)
ALL = {
    "radial_distribution": {"interval": 20, "bin_width": 0.1},
    "relaxation": {"longest_lag": 0.004, "origin_time": 0.0015, "wavenumbers": [6.0, 2.0]},
    "stress_profile": {"interval": 30, "bin_width": 0.3},
    "field_map": {"interval": 30, "bin_width": 1.0, "axes": "xz"},
    "series": {"interval": 15},
    "snapshots": {"time": 0.0025, "labels": True},
}


def by_label(state, name="positions"):
    return state.dynamics[name][:, np.argsort(state.dynamics["labels"])]


def unwrapped(state, length):
    return by_label(state) + length * by_label(state, "images")


def finished(simulation):
    state = simulation.start(SEED)
    simulation.advance(state, simulation.total_steps)
    return state


def mixture(time=0.01, **sampling):
    """Two species in molecular dynamics."""
    return MolecularEngine(
        MolecularEngine.Parameters(
            particles=60,
            box_length=6.0,
            composition=(3, 1),
            temperature=1.0,
            potential={"kind": "kob-andersen"},
        ),
        MolecularEngine.Dynamics(time_step=5e-4, bulk_time=0.0),
        MolecularEngine.Sampling(transient_time=0.005, time=time, **sampling),
    )


def test_samplers_leave_the_trajectory_alone(engine):
    plain, sampled = engine(), engine(sampling=ALL)
    expected, state = finished(plain), finished(sampled)
    for name, values in expected.dynamics.items():
        assert np.array_equal(values, state.dynamics[name]), name
    for name, values in expected.statistics.items():
        assert np.array_equal(values, state.statistics[name]), name


@pytest.mark.parametrize("cuts", [[100, 101, 117, 150], list(range(0, 200, 7))])
def test_samples_do_not_depend_on_where_the_run_is_cut(engine, cuts):
    simulation = engine(sampling={**ALL, "block_time": 0.003})
    whole, cut = finished(simulation), simulation.start(SEED)
    for until in [*cuts, simulation.total_steps]:
        simulation.advance(cut, until)
    for part in ("dynamics", "statistics"):
        for name, values in getattr(whole, part).items():
            assert np.array_equal(values, getattr(cut, part)[name]), name


def test_an_extended_run_equals_a_long_one():
    short, long = mixture(0.01, **ALL), mixture(0.02, **ALL)
    state, expected = finished(short), finished(long)
    long.advance(state, long.total_steps)
    for name, values in expected.statistics.items():
        assert np.array_equal(values, state.statistics[name]), name
    assert np.array_equal(state.statistics["snapshot_step"], [1, 6, 11, 16, 21, 26, 31, 36])


def test_pairs_and_their_forces_equal_a_double_sum():
    width = 0.1
    sampling = {"radial_distribution": {"interval": 15, "bin_width": width}}
    simulation = mixture(**sampling)
    state = simulation.start(SEED)
    simulation.advance(state, 10)
    counts, sampled = np.zeros((2, 2, 30)), np.zeros((2, 2, 30))
    species = np.repeat([0, 1], simulation.parameters.counts)
    for until in (10, 25):
        simulation.advance(state, until)
        positions = by_label(state)
        forces = forces_of(simulation, positions)
        for i in range(60):
            for j in range(i + 1, 60):
                dr = positions[:, i] - positions[:, j]
                dr -= 6.0 * np.rint(dr / 6.0)
                r = np.linalg.norm(dr)
                if r < 3.0:
                    where = species[i], species[j], int(r / width)
                    counts[where] += 1
                    sampled[where] += (forces[:, i] - forces[:, j]) @ dr / (2 * r**3)
    simulation.advance(state, simulation.total_steps)
    assert state.statistics["pair_samples"] == [2]
    assert np.array_equal(state.statistics["pair_counts"][0], counts)
    np.testing.assert_allclose(
        state.statistics["pair_forces"][0], sampled, atol=1e-9 * np.abs(sampled).max()
    )


def forces_of(simulation, positions):
    """Forces by the table of potentials and the nearest image of every pair."""
    table = simulation.parameters.potential.table(2)
    species = np.repeat([0, 1], simulation.parameters.counts)
    forces = np.zeros_like(positions)
    for i in range(positions.shape[1]):
        for j in range(i):
            dr = positions[:, i] - positions[:, j]
            dr -= 6.0 * np.rint(dr / 6.0)
            force = pair(table[2 * species[i] + species[j]], dr @ dr)[0] * dr
            forces[:, i] += force
            forces[:, j] -= force
    return forces


def test_snapshots_are_the_states_with_their_labels():
    simulation = mixture(snapshots={"time": 0.002, "labels": True})
    state = simulation.start(SEED)
    expected = []
    for step in (10, 14, 18, 22, 26):
        simulation.advance(state, step)
        expected.append((unwrapped(state, 6.0), by_label(state, "velocities")))
    simulation.advance(state, simulation.total_steps)
    sums = state.statistics
    assert np.array_equal(sums["snapshot_step"], [1, 5, 9, 13, 17])
    for positions, velocities, (x, v) in zip(
        sums["snapshot_positions"], sums["snapshot_velocities"], expected, strict=True
    ):
        assert np.array_equal(positions, x)
        assert np.array_equal(velocities, v)
    np.testing.assert_allclose(
        sums["snapshot_forces"][-1], forces_of(simulation, expected[-1][0]), atol=1e-9
    )


def test_labels_add_up_to_energy_and_virial(engine):
    simulation = engine(
        sampling={"energy_interval": 50, "snapshots": {"time": 0.005, "labels": True}}
    )
    sums = finished(simulation).statistics
    energies, virials = sums["snapshot_energies"].sum(), sums["snapshot_virials"].sum(axis=(0, 2))
    assert energies == pytest.approx(sums["energy"][0, 0], rel=1e-12)
    scale = 1e-12 * np.abs(virials).max()
    np.testing.assert_allclose(virials, sums["virial_stress"][0], atol=scale)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2)])
def test_stress_profiles_balance_the_internal_forces(shape):
    """The mean flux of momentum through the planes of a bin, up to a constant, by forces alone."""
    box = make_box(6.0, shape)
    last, length = box.last_axis, box.profile_length
    simulation = BrownianEngine(
        BrownianEngine.Parameters(
            particles=60,
            box_length=6.0,
            box_shape=shape,
            temperature=1.5,
            potential={"kind": "lennard-jones"},
        ),
        BrownianEngine.Dynamics(bulk_time=0.01),
        BrownianEngine.Sampling(
            transient_time=0.0,
            time=1e-4,
            energy_interval=1,
            stress_profile={"bin_width": 0.5},
            snapshots={"time": 1.0, "labels": True},
        ),
    )
    sums = {name: value[0] for name, value in finished(simulation).statistics.items()}
    virial = sums["virial_profile"].sum(axis=0)
    np.testing.assert_allclose(virial.sum(axis=0), sums["virial_stress"], atol=1e-9)
    edges = np.linspace(0, length, len(virial) + 1)
    z = sums["snapshot_positions"][last] % length
    forces = sums["snapshot_forces"]
    above = np.clip(edges[1:, None] - z, 0, length / len(virial))
    for component, voigt in {3: {0: 4, 1: 3, 2: 2}, 2: {0: 5, 1: 1}}[box.dimensions].items():
        flux = -(forces[component] * above).sum(axis=1)
        off = virial[:, voigt] - flux
        assert np.abs(off - off.mean()).max() < 1e-9 * np.abs(virial).max()


def test_stress_of_velocities_is_that_of_the_whole_box():
    simulation = mixture(energy_interval=100, stress_profile={"bin_width": 0.5})
    sums = {name: value[0] for name, value in finished(simulation).statistics.items()}
    assert sums["stress_samples"] == sums["energy_samples"] == 1
    for kind in ("kinetic", "virial"):
        whole = sums[f"{kind}_profile"].sum(axis=(0, 1))
        np.testing.assert_allclose(whole, sums[f"{kind}_stress"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("axes", ["xy", "yz"])
def test_maps_are_histograms_of_the_particles(axes):
    snapshots = {"time": 1.0, "labels": True}
    simulation = mixture(field_map={"axes": axes, "bin_width": 1.0}, snapshots=snapshots)
    sums = {name: value[0] for name, value in finished(simulation).statistics.items()}
    first, second = (sums["snapshot_positions"]["xyz".index(axis)] % 6.0 for axis in axes)
    counts = simulation.parameters.counts
    for species, of in enumerate((slice(None, counts[0]), slice(counts[0], None))):
        edges = [np.linspace(0, 6, 7)] * 2
        expected = np.histogram2d(first[of], second[of], edges)[0]
        assert np.array_equal(sums["density_map"][species], expected)
        for name, vectors in (("internal_force_map", "forces"), ("velocity_map", "velocities")):
            for component in range(3):
                weights = sums[f"snapshot_{vectors}"][component][of]
                expected = np.histogram2d(first[of], second[of], edges, weights=weights)[0]
                found = sums[name][species, ..., component]
                np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(weights).max())


def test_logarithmic_snapshots_begin_anew_every_period():
    steps = Snapshots(time=0.1, per_decade=1).steps(250, 1e-3)
    assert steps.tolist() == [0, 1, 10, 100, 101, 110, 200, 201, 210]
    assert Snapshots(time=0.1).steps(250, 1e-3).tolist() == [0, 100, 200]


def test_relaxation_equals_a_replay(engine):
    settings = {**ALL["relaxation"], "vectors": 4}
    simulation = engine(sampling={"relaxation": settings})
    state, trajectory = simulation.start(SEED), []
    for step in range(100, 200):
        simulation.advance(state, step)
        trajectory.append(unwrapped(state, 6.0))
    simulation.advance(state, 200)
    lags = Relaxation(**settings).lag_steps(1e-4)
    assert {0, 1, 40} <= set(lags)
    sums, counted = state.statistics, np.zeros(len(lags))
    squares, scattered = np.zeros((2, len(lags))), np.zeros((2, 2, len(lags)))
    coherent = np.zeros((2, 2, len(lags)))
    vectors = [wave_vectors(simulation.parameters.box, q, 4) for q in settings["wavenumbers"]]
    for origin in range(0, 100, 15):
        for number, lag in enumerate(lags):
            if origin + lag >= 100:
                continue
            counted[number] += 1
            before, after = trajectory[origin], trajectory[origin + lag]
            drift = (after - before).mean(axis=1, keepdims=True)
            for frame, moved in enumerate((after - before, after - before - drift)):
                squares[frame, number] += (moved**2).sum(axis=0).mean()
                for w, q in enumerate(settings["wavenumbers"]):
                    scattered[frame, w, number] += np.cos(q * moved).mean()
                    for k in vectors[w]:
                        product = (
                            np.exp(1j * k @ (before + moved)).sum() * np.exp(-1j * k @ before).sum()
                        )
                        coherent[frame, w, number] += product.real / 64 / len(vectors[w])
    assert np.array_equal(sums["lag_samples"][0], counted)
    np.testing.assert_allclose(sums["squared_displacement"][0, :, 0], squares, rtol=1e-10)
    np.testing.assert_allclose(sums["self_scattering"][0, :, 0], scattered, rtol=1e-10)
    np.testing.assert_allclose(sums["coherent_scattering"][0], coherent, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("shape", "q"), [((1, 1, 1), 7.2), ((1, 0.5, 3), 2.0), ((1, 1.3), 5.0)])
def test_wave_vectors_fit_the_box_and_are_the_closest(shape, q):
    box = make_box(9.0, shape)
    vectors = wave_vectors(box, q, 12)
    d = box.dimensions
    numbers = vectors[:, :d] * np.array(box.edges[:d]) / (2 * np.pi)
    np.testing.assert_allclose(numbers, np.rint(numbers), atol=1e-9)
    assert not vectors[:, d:].any()
    both = np.rint(np.concatenate([numbers, -numbers])).astype(int)
    assert len(np.unique(both, axis=0)) == 24
    units = 2 * np.pi / np.array(box.edges[:d])
    most = np.ceil(q / units) + 1
    axes = [np.arange(-n, n + 1) * unit for n, unit in zip(most, units, strict=True)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, d)
    off = np.sort(np.abs(np.linalg.norm(grid, axis=1) - q))[::2][:12]
    np.testing.assert_allclose(np.abs(np.linalg.norm(vectors, axis=1) - q), off, atol=1e-9)


def test_free_particles_diffuse_as_they_should():
    """4000 walkers and 20 origins; the centre of mass takes one of 4000 degrees of freedom."""
    simulation = BrownianEngine(
        BrownianEngine.Parameters(
            particles=4000, box_length=20.0, temperature=1.5, potential={"kind": "ideal"}
        ),
        BrownianEngine.Dynamics(time_step=1e-2, bulk_time=0.0),
        BrownianEngine.Sampling(
            transient_time=0.0,
            time=10.01,
            modes=0,
            relaxation={"longest_lag": 0.5, "wavenumbers": [1.0, 2.0]},
        ),
    )
    sums, lags = finished(simulation).statistics, Relaxation(longest_lag=0.5).lag_steps(1e-2) * 1e-2
    samples = sums["lag_samples"][0]
    assert samples[-1] == 20
    number = 4000 * samples
    msd = sums["squared_displacement"][0, 0, 0] / samples
    error = 6 * 1.5 * lags * np.sqrt(2 / 3 / number)
    assert (np.abs(msd - 6 * 1.5 * lags) <= 4 * error).all()
    for w, q in enumerate((1.0, 2.0)):
        expected = np.exp(-(q**2) * 1.5 * lags)
        scatter = np.sqrt((0.5 * (1 + expected**4) - expected**2) / (3 * number))
        found = sums["self_scattering"][0, 0, 0, w] / samples
        assert (np.abs(found - expected) <= 4 * scatter + 1e-12).all()
        coherent = sums["coherent_scattering"][0, 0, w] / samples
        assert np.abs(coherent - expected).max() < 4 / np.sqrt(30 * 20)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"relaxation": {"longest_lag": 0}}, "greater than 0"),
        ({"relaxation": {"longest_lag": 1, "wavenumbers": [-1]}}, "greater than 0"),
        ({"radial_distribution": {"bin_width": 0}}, "bin_width"),
        ({"snapshots": {"time": -1}}, "greater than 0"),
        ({"snapshots": {"times": 1}}, "Extra inputs"),
    ],
)
def test_bad_settings_are_refused(table, message):
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(ParticleSampling).validate_python({"transient_time": 0, "time": 1, **table})
