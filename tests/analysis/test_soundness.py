"""State points that should not be trusted: made-up sums of each kind, and short real runs."""

import math

import numpy as np
import pytest
import xarray as xr

from perrin.analysis import drift, slabs
from perrin.analysis.dataset import one_body_dataset, save
from perrin.analysis.drift import drifts
from perrin.analysis.free_motion import FreeMotion
from perrin.analysis.rare_places import LOWEST_DENSITY, lowest_density, visits
from perrin.analysis.slabs import heterogeneity
from perrin.analysis.soundness import soundness
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState
from perrin.engines.molecular.engine import MolecularEngine
from perrin.tests.support.reducing import reduced, simulated

IDEAL = {"kind": "ideal"}
LENNARD_JONES = {"kind": "lennard-jones"}
LANGEVIN = {"kind": "langevin"}
BINS, LENGTH = 50, 10.0


def well(amplitude):
    mode = {"amplitude": amplitude, "wavenumber": 1, "phase": 0.0}
    return {"kind": "planar-fourier", "z": {"modes": [mode]}}


WELL = well(2.0)


def brownian(sampling=None, dynamics=None, **parameters):
    return BrownianEngine(
        BrownianEngine.Parameters(
            **{
                "particles": 100,
                "box_length": LENGTH,
                "temperature": 1.0,
                "potential": IDEAL,
                **parameters,
            }
        ),
        BrownianEngine.Dynamics(**{"time_step": 1e-3, "bulk_time": 0.0, **(dynamics or {})}),
        BrownianEngine.Sampling(
            **{"transient_time": 0.0, "time": 1.0, "bin_width": 0.2, **(sampling or {})}
        ),
    )


def molecular(density, bulk_time, sampling=None, thermostat=LANGEVIN, **parameters):
    return MolecularEngine(
        MolecularEngine.Parameters(
            box_length=(parameters["particles"] / density) ** (1 / 3),
            **{"potential": LENNARD_JONES, **parameters},
        ),
        MolecularEngine.Dynamics(bulk_time=bulk_time, thermostat=thermostat),
        MolecularEngine.Sampling(
            **{"transient_time": 0.0, "time": 10.0, "bin_width": 0.2, **(sampling or {})}
        ),
    )


def made_up(density, steps=1, energy=None, **more):
    """State of a replica with the numbers of particles in bins of one block, (bins,)."""
    energy = np.zeros((1, 2)) if energy is None else energy
    sums = {
        "steps": np.full(len(energy), steps),
        "density": np.broadcast_to(density, (len(energy), 1, len(density))),
        "energy": energy,
        "energy_samples": np.full(len(energy), 10),
        **more,
    }
    return ReplicaState(1, {"x": np.zeros(1)}, sums)


def judged(path, engine, states):
    return soundness(*reduced(path / "made.h5", engine, states))


def ensemble_of(path, engine):
    fields, group = reduced(path / "ensemble.h5", engine, [made_up(np.ones(BINS))])
    return fields.ensembles[group]


def test_visits_are_those_of_free_particles(tmp_path):
    """Relative variance of the time that 2,000 random walkers spend in a slice of 0.5 sigma.

    It is 1/(6 D t/L^2) for one particle in a thin slice over a long time; here, the sum over waves
    is 11 % less, and the variance of 2,000 walkers has an error of about 4 %.
    """
    width, time_step, steps, walkers = 0.5, 0.01, 10_000, 2000
    rng = np.random.default_rng(1)
    z = rng.uniform(0.0, LENGTH, walkers)
    inside = np.zeros(walkers)
    for _ in range(steps):
        inside += z < width
        z = (z + math.sqrt(2 * time_step) * rng.normal(size=walkers)) % LENGTH
    found = inside.var() / inside.mean() ** 2
    engine = brownian(particles=1, dynamics={"time_step": time_step})
    free = visits(width, steps, 0, ensemble_of(tmp_path, engine))
    independent = free / (LOWEST_DENSITY * LENGTH**3)
    assert 0.75 < found * independent < 1.02


@pytest.mark.parametrize(("replicas", "known"), [(1000, True), (20, False)])
def test_an_empty_place_counts_where_it_should_have_been_visited(tmp_path, replicas, known):
    """A bin at the limit has 0.2 particles in each sample: 200 of 1,000 replicas, 4 of twenty.

    Those of twenty are judged three bins at a time, those of five, with 5 in one sigma, not at all.
    """
    numbers = np.full(BINS, 2.0 * replicas)
    numbers[20:26] = 0.0
    ensemble = ensemble_of(tmp_path, brownian(field=WELL))
    found = lowest_density(numbers, replicas, replicas, ensemble)
    assert found == pytest.approx(0.0)
    few = lowest_density(numbers, 5, 5, ensemble)
    assert math.isnan(few)
    gapped = np.full(BINS, 2.0 * replicas)
    gapped[20] = 0.0
    narrow = lowest_density(gapped, replicas, replicas, ensemble)
    assert bool(narrow < LOWEST_DENSITY) is known


def test_a_place_of_twice_the_lowest_density_is_seldom_flagged(tmp_path):
    """Poisson(20) < 10 with a probability of 0.50 %; 4 standard errors of 4,000 draws."""
    rng = np.random.default_rng(2)
    ensemble = ensemble_of(tmp_path, brownian(field=WELL))
    replicas = 50
    assert visits(0.2, replicas, replicas, ensemble) == pytest.approx(10.0)
    low = 0
    for _ in range(4000):
        numbers = np.full(BINS, 100.0)
        numbers[7] = rng.poisson(20.0)
        low += lowest_density(numbers, replicas, replicas, ensemble) < LOWEST_DENSITY
    assert low / 4000 == pytest.approx(0.005, abs=4 * math.sqrt(0.005 / 4000))


def test_a_gap_in_a_field_is_unsound_and_one_that_walls_make_is_not(tmp_path):
    density = np.full(BINS, 2.0)
    density[:10] = 0.0
    states = [made_up(density) for _ in range(100)]
    in_well = judged(tmp_path, brownian(field=WELL), states)
    assert in_well.lowest_density == pytest.approx(0.0)
    assert math.isnan(in_well.heterogeneity)
    assert "hardly ever visit some places (density 0, below 0.01" in in_well.unsound_because
    walls = {"kind": "walls", "energy": 1.0}
    assert judged(tmp_path, brownian(field=walls), states).is_sound


def drawn(rng, replicas, particles, cluster=1):
    """Sums of single samples of an ideal gas of rigid clusters in 100 bins."""
    numbers = cluster * rng.multinomial(particles // cluster, np.full(100, 0.01), size=replicas)
    return {"density": numbers[:, None, :], "steps": np.ones(replicas)}


@pytest.mark.parametrize("cluster", [1, 5])
def test_heterogeneity_is_the_size_of_clusters(cluster):
    """10 slabs of 4,000 replicas: 36,000 degrees of freedom, 4 standard errors."""
    stacked = drawn(np.random.default_rng(3), 4000, 300, cluster)
    found = slabs._chi_squared(
        stacked["density"][:, 0].reshape(4000, 10, 10).sum(axis=2), np.full(10, 10)
    ).mean()
    assert found == pytest.approx(cluster, rel=4 * math.sqrt(2 / 36_000))


def test_replicas_that_share_a_group_count_as_single_ones():
    """640 replicas in 64 groups: 5,760 degrees of freedom, 4 standard errors of the 576 left."""
    stacked = drawn(np.random.default_rng(4), 640, 300)
    grouped = {
        name: values.reshape(10, 64, *values.shape[1:]).sum(axis=0)
        for name, values in stacked.items()
    }
    found = heterogeneity(grouped, range(640), 20.0)
    assert found.value == pytest.approx(1.0, rel=4 * math.sqrt(2 / 576))


def test_a_homogeneous_fluid_is_hardly_ever_heterogeneous():
    """One sample each of an ideal gas of triples, for which S = 3 is the most that is allowed.

    chi^2 of 150 triples in ten slabs exceeds it with a probability of 1e-4: more than two of 1,000
    with 2e-4. Ideal gases (S = 1) exceed it with 1e-17.
    """
    rng = np.random.default_rng(5)
    for cluster, most in ((1, 0), (3, 2)):
        flagged = sum(
            heterogeneity(drawn(rng, 1, 450, cluster), [0], 20.0).is_significant
            for _ in range(1000)
        )
        assert flagged <= most


def test_species_that_demix_are_heterogeneous():
    half = np.repeat([4.0, 0.0], 50)
    stacked = {"density": np.stack([half, half[::-1]])[None], "steps": np.ones(1)}
    found = heterogeneity(stacked, [0], 20.0)
    assert found.is_significant
    together = {"density": stacked["density"].sum(axis=1, keepdims=True), "steps": np.ones(1)}
    assert heterogeneity(together, [0], 20.0).value == 0.0


def test_too_few_bins_tell_nothing():
    stacked = {"density": np.array([[[9.0, 0.0, 0.0]]]), "steps": np.ones(1)}
    assert math.isnan(heterogeneity(stacked, [0], 20.0).value)


def test_a_drop_is_unsound(tmp_path):
    density = np.full(BINS, 0.2)
    density[10:20] = 9.2
    found = judged(tmp_path, brownian(), [made_up(density)] * 2)
    assert found.unsound_because.startswith("heterogeneous: densities of slabs vary as those of")


def series(rng, shape, correlation):
    """Stationary x_{n+1} = a x_n + sqrt(1 - a^2) xi of unit variance, along the last axis."""
    values = rng.normal(size=shape)
    for n in range(1, shape[-1]):
        noise = math.sqrt(1 - correlation**2) * values[..., n]
        values[..., n] = correlation * values[..., n - 1] + noise
    return values


def sums_of(energies, density=None):
    """Sums of replicas and of blocks from energies of each, (R, B), in ten samples."""
    replicas, blocks = energies.shape
    density = np.ones((replicas, blocks, 4)) if density is None else density
    sums = {
        "energy": np.stack([10 * energies, energies], axis=-1),
        "energy_samples": np.full(energies.shape, 10),
        "density": density[:, :, None],
        "steps": np.ones(energies.shape),
    }
    return {n: v.sum(axis=1) for n, v in sums.items()}, {n: v.sum(axis=0) for n, v in sums.items()}


def share_of_alarms(make, name, trials=600):
    """How often a quantity is said to have drifted."""
    found = [d for n in range(trials) for d in drifts(*make(n)) if d.name == name]
    assert len(found) == trials
    return sum(d.is_significant for d in found) / trials


@pytest.mark.parametrize("correlation", [0.0, 0.8, 0.99])
def test_replicas_in_a_steady_state_seldom_drift(monkeypatch, correlation):
    """Of 12 replicas in 9 blocks, however long their correlation is against them.

    Half of the chance, 10 % here, goes to the energy: exactly if blocks are independent, less if
    halves correlate; 4 standard errors of 600 trials.
    """
    monkeypatch.setattr(drift, "CHANCE", 0.2)
    rng = np.random.default_rng(6)
    share = share_of_alarms(lambda _: sums_of(series(rng, (12, 9), correlation)), "energy")
    error = 4 * math.sqrt(0.1 * 0.9 / 600)
    assert share < 0.1 + error
    assert correlation or share > 0.1 - error


def test_profiles_in_a_steady_state_drift_even_less(monkeypatch):
    monkeypatch.setattr(drift, "CHANCE", 0.2)
    rng = np.random.default_rng(7)

    def made(_):
        noise = series(rng, (12, 4, 8), 0.5).swapaxes(1, 2)
        return sums_of(np.ones((12, 8)) + rng.normal(size=(12, 8)), 5 + noise)

    assert share_of_alarms(made, "density") < 0.1


def test_blocks_of_one_replica_in_a_steady_state_seldom_drift(monkeypatch):
    """400 blocks, with a correlation time of 5: put together by 25, they are almost long enough.

    Of many trials 14 % are taken for a drift, where 10 % were independent; 62 % one by one.
    """
    monkeypatch.setattr(drift, "CHANCE", 0.2)
    rng = np.random.default_rng(8)
    assert share_of_alarms(lambda _: sums_of(series(rng, (1, 400), 0.82)), "energy") < 0.2
    monkeypatch.setattr(drift, "MOST_BLOCKS", 400)
    assert share_of_alarms(lambda _: sums_of(series(rng, (1, 400), 0.82)), "energy") > 0.5


@pytest.mark.parametrize(("replicas", "blocks"), [(20, 2), (20, 30), (1, 30)])
def test_a_transient_that_goes_on_is_a_drift(replicas, blocks):
    """An energy that falls by 6 standard deviations of a block, over a third of the sampling."""
    energies = np.random.default_rng(9).normal(size=(replicas, blocks))
    falling = energies + 6 * np.exp(-3 * np.arange(blocks) / blocks)
    assert not any(d.is_significant for d in drifts(*sums_of(energies)))
    assert any(d.is_significant for d in drifts(*sums_of(falling)))


@pytest.mark.parametrize(("replicas", "blocks"), [(1, 3), (3, 3), (20, 1)])
def test_too_few_blocks_say_nothing_of_a_drift(replicas, blocks):
    energies = np.arange(blocks, dtype=float) + np.zeros((replicas, blocks))
    assert drifts(*sums_of(energies)) == []


def test_a_drift_is_unsound(tmp_path):
    falling = np.array([[1000.0, 0.0], [1000.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    rng = np.random.default_rng(10)
    density = np.full(BINS, 2.0)
    states = [made_up(density, energy=falling + rng.normal(size=(4, 2))) for _ in range(10)]
    found = judged(tmp_path, brownian({"block_time": 0.25}), states)
    assert found.unsound_because.startswith("not steady: energy changed between halves")


@pytest.mark.parametrize(
    ("longest_lag", "squared", "frozen"), [(0.5, 0.03, True), (0.5, 0.3, False), (0.1, 0.03, False)]
)
def test_particles_that_stay_are_frozen_if_they_had_time_to_go(
    tmp_path, longest_lag, squared, frozen
):
    """Free ones go 6 D t = 3 sigma^2 in 0.5 tau, and 0.6 in 0.1."""
    engine = brownian({"relaxation": {"longest_lag": longest_lag, "lags_per_decade": 1}})
    lags = len(engine.sampling.relaxation.lag_steps(1e-3))
    moved = np.zeros((1, 2, 1, lags))
    moved[0, 0], moved[0, 1, 0, -1] = 100.0, 4 * squared
    more = {"squared_displacement": moved, "lag_samples": np.full((1, lags), 4)}
    found = judged(tmp_path, engine, [made_up(np.full(BINS, 2.0), **more)])
    assert ("frozen: mean squared displacement 0.03" in found.unsound_because) is frozen
    assert found.is_sound is not frozen


@pytest.mark.parametrize("friction", [1e-6, 1.0, 100.0])
def test_free_motion_is_that_of_the_engine(tmp_path, friction):
    """Of 4 x 500 free particles: 3 dt^2 T steps, 4 standard errors of 6,000 squares."""
    engine = molecular(
        0.5,
        0.5,
        {"time": 1.01, "relaxation": {"longest_lag": 1.0, "lags_per_decade": 1}},
        thermostat={"kind": "langevin", "friction": friction},
        particles=500,
        temperature=1.5,
        potential=IDEAL,
    )
    fields, group = reduced(tmp_path / "free.h5", engine, simulated(engine, 4))
    found, _ = fields.estimates(group)["mean_squared_displacement"]
    expected = FreeMotion.of(fields.ensembles[group]).squared_displacement(1.0, 3)
    assert found[0, 0, -1] == pytest.approx(expected, rel=4 * math.sqrt(2 / 6000) + 0.005)


SERIES = {"block_time": 1.0}


def test_a_supercritical_fluid_is_sound(tmp_path):
    engine = molecular(0.5, 5.0, SERIES, particles=300, temperature=1.5)
    found = judged(tmp_path, engine, simulated(engine, 8))
    assert found.is_sound, found.unsound_because
    assert found.heterogeneity < 0.5
    assert found.lowest_density == pytest.approx(0.49, abs=0.03)


def test_a_gas_that_condenses_is_heterogeneous(tmp_path):
    engine = molecular(0.15, 40.0, SERIES, particles=300, temperature=0.5)
    found = judged(tmp_path, engine, simulated(engine, 4))
    assert found.heterogeneity > 15
    assert found.unsound_because.startswith("heterogeneous")


def test_a_quench_without_a_transient_is_not_steady(tmp_path):
    engine = molecular(0.3, 0.0, {**SERIES, "time": 20.0}, particles=300, temperature=0.7)
    found = judged(tmp_path, engine, simulated(engine, 8))
    assert "not steady: energy changed" in found.unsound_because


def test_a_glass_is_frozen_and_its_fluid_is_not(tmp_path):
    sampling = {"relaxation": {"longest_lag": 8.0, "lags_per_decade": 2}}
    kob_andersen = {"kind": "kob-andersen", "shift": "force"}
    for temperature, is_frozen in ((0.1, True), (1.0, False)):
        engine = molecular(
            1.2,
            5.0,
            sampling,
            particles=250,
            composition=[4, 1],
            temperature=temperature,
            potential=kob_andersen,
        )
        found = judged(tmp_path, engine, simulated(engine, 2))
        assert ("frozen" in found.unsound_because) is is_frozen


def _top_of_well(amplitude):
    a = amplitude * 8.0 / (2 * math.pi)
    return 100 / 8.0**3 * math.exp(-a) / np.i0(a)


def test_a_gas_in_a_deep_well_is_left_out_of_a_dataset(tmp_path):
    """Ideal gases in wells of 10 and 0.8 k_B T; nothing is ever at the top of the first.

    There, the density is exp(-a)/I_0(a) of the mean with a = 5.1 or 0.38. At 0.13 some 190 visits
    are expected, which is 7 %, and what is compared is the lowest of forty bins.
    """
    when = {"transient_time": 2.0, "time": 5.0, "interval": 20}
    fields = None
    for amplitude in (4.0, 0.3):
        engine = brownian(
            when,
            {"time_step": 1e-4, "bulk_time": 0.1},
            box_length=8.0,
            field=well(amplitude),
        )
        found, group = reduced(tmp_path / f"{amplitude}.h5", engine, simulated(engine, 6))
        fields = found if fields is None else fields.merge(found)
    save(one_body_dataset(fields), tmp_path / "one_body.nc")
    dataset = xr.load_dataset(tmp_path / "one_body.nc", engine="h5netcdf")
    assert dataset["is_sound"].dtype == bool
    deep, flat = np.sort(dataset["lowest_density"].values)
    assert deep < 0.1 * LOWEST_DENSITY
    assert flat == pytest.approx(_top_of_well(0.3), rel=0.25)
    sound = dataset.where(dataset.is_sound, drop=True)
    assert sound["state_point"].values.tolist() == [group]
    reasons = dataset["unsound_because"].sortby(dataset["is_sound"]).values
    assert reasons[1] == ""
    assert reasons[0].startswith("particles hardly ever visit some places")
