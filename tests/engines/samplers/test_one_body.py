"""The sums of the samplers against a slow, independent evaluation of every step."""

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.sampling import ParticleSampling


def external(field: dict, z: np.ndarray, length: float) -> np.ndarray:
    force = np.zeros((3, z.size))
    for axis, name in enumerate("xyz"):
        part = field.get(name, {})
        force[axis] += part.get("constant", 0.0)
        for mode in part.get("modes", []):
            theta = 2 * np.pi * z / length * mode["wavenumber"] + mode["phase"]
            force[axis] += mode["amplitude"] * np.sin(theta)
    return force


def by_particle(state) -> np.ndarray:
    """Positions in the order of the labels, which no sorting changes."""
    return state.dynamics["positions"][:, np.argsort(state.dynamics["labels"])]


def replay(
    simulation, state, steps: int, block_steps: int, all_pairs, field: dict
) -> dict[str, np.ndarray]:
    """Repeat the sampling of `steps` steps with NumPy."""
    length, temperature = simulation.parameters.box_length, simulation.parameters.temperature
    dt, bins = simulation.dynamics.time_step, state.statistics["density"].shape[2]
    everything = {name: np.zeros_like(value) for name, value in state.statistics.items()}
    for step in range(steps):
        sums = {name: values[step // block_steps] for name, values in everything.items()}
        before = by_particle(state)
        simulation.advance(state, state.step + 1)
        after = by_particle(state)
        dr = after - before
        dr -= length * np.rint(dr / length)
        internal, energy, virial = all_pairs(before, length)
        if step % simulation.sampling.energy_interval == 0:
            trace = virial[:3].sum()
            sums["energy"] += [energy, energy**2]
            sums["virial"] += [trace, trace**2]
            sums["virial_stress"] += virial
            everything["energy_samples"][step // block_steps] += 1
        if step % simulation.sampling.interval:
            continue
        outer = external(field, before[2], length)
        b0, b1 = ((r[2] % length / length * bins).astype(int) for r in (before, after))
        everything["steps"][step // block_steps] += 1
        sums["density"][0] += np.bincount(b0, minlength=bins)
        for axis in range(3):
            for b in (b0, b1):
                sums["displacement"][0, :, axis] += np.bincount(b, dr[axis] / 2, bins)
            sums["internal_force"][0, :, axis] += np.bincount(b0, internal[axis], bins)
            sums["external_force"][0, :, axis] += np.bincount(b0, outer[axis], bins)
        for m in range(simulation.sampling.modes):
            k = 2 * np.pi * (m + 1) / length
            e0, e1 = np.exp(-1j * k * before[2]), np.exp(-1j * k * after[2])
            residual = (dr / dt * (e0 + e1) / 2 - (internal + outer) * e0).sum(axis=1)
            residual[2] += 1j * k * temperature * e0.sum()
            sums["balance_modes"][m] += np.stack([residual.real, residual.imag], axis=1)
    return everything


@pytest.mark.parametrize(
    ("interval", "energy_interval", "modes", "block_steps"),
    [(1, 1, 4, 100), (3, 7, 1, 99), (1, 10, 0, 100), (5, 7, 2, 15)],
)
def test_sums_equal_a_replay(
    engine, driving, all_pairs, interval, energy_interval, modes, block_steps
):
    sampling = {
        "interval": interval,
        "energy_interval": energy_interval,
        "modes": modes,
        "block_time": block_steps * 1e-4,
    }
    simulation = engine(field=driving, sampling=sampling)
    state = simulation.start(np.random.SeedSequence(1))
    simulation.advance(state, 100)
    assert not any(sums.any() for sums in state.statistics.values())
    expected = replay(simulation, state, 40, block_steps, all_pairs, driving)
    assert state.statistics.keys() == simulation.statistics.keys()
    for name, value in expected.items():
        assert state.statistics[name].shape == value.shape, name
        scale = max(1.0, np.abs(value).max(initial=0.0))
        assert np.abs(state.statistics[name] - value).max(initial=0.0) < 1e-8 * scale, name


def test_axes_name_the_dimensions_of_every_array(engine):
    state = engine().start(np.random.SeedSequence(1))
    for name, sums in state.statistics.items():
        assert BrownianEngine.statistics[name].axes[0] == "block"
        assert len(BrownianEngine.statistics[name].axes) == sums.ndim


@pytest.mark.parametrize(
    ("block_time", "interval", "steps"),
    [
        (None, 3, 50),
        (0.01, 1, 10),
        (0.0104, 1, 10),
        (0.0106, 1, 11),
        (1e-4, 1, 1),
        (0.5, 1, 500),
        (0.01, 3, 9),
        (0.01, 4, 8),
        (0.01, 6, 12),
        (1e-4, 7, 7),
    ],
)
def test_blocks_are_whole_intervals(block_time, interval, steps):
    sampling = ParticleSampling(
        transient_time=0, time=0.05, block_time=block_time, interval=interval
    )
    assert sampling.block_steps(1e-3) == steps


def test_more_blocks_than_anyone_needs_are_refused():
    ParticleSampling(transient_time=0, time=10, block_time=0.01)
    with pytest.raises(ValidationError, match=r"block_time = 0\.0099 cuts time = 10 into more"):
        ParticleSampling(transient_time=0, time=10, block_time=0.0099)


def test_bins_divide_the_box():
    sampling = ParticleSampling(transient_time=0, time=1, bin_width=0.1)
    assert [sampling.bins(length) for length in (10.0, 10.03, 10.07, 0.01)] == [100, 100, 101, 1]


@pytest.mark.parametrize(
    "bad",
    [
        {"time": 0},
        {"transient_time": -1},
        {"energy_interval": 0},
        {"modes": -1},
        {"bins": 3},
        {"block_time": 0},
        {"block_time": -0.1},
        {"block_time": np.nan},
    ],
)
def test_bad_sampling_is_refused(bad):
    with pytest.raises(ValidationError, match=next(iter(bad))):
        ParticleSampling(**{"transient_time": 0, "time": 1, **bad})
