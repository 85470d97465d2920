"""The sums of the samplers against a slow, independent evaluation of every step."""

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.samplers.one_body import STATISTICS, OneBodySampling, empty_sums


def external(field: dict, z: np.ndarray, length: float) -> np.ndarray:
    force = np.zeros((3, z.size))
    for axis, name in enumerate("xyz"):
        part = field.get(name, {})
        force[axis] += part.get("constant", 0.0)
        for mode in part.get("modes", []):
            theta = 2 * np.pi * z / length * mode["wavenumber"] + mode["phase"]
            force[axis] += mode["amplitude"] * np.sin(theta)
    return force


def replay(simulation, state, steps: int, all_pairs, field: dict) -> dict[str, np.ndarray]:
    """Repeat the sampling of `steps` steps with NumPy."""
    length, temperature = simulation.parameters.box_length, simulation.parameters.temperature
    dt, bins = simulation.dynamics.time_step, state.statistics["density"].size
    sums = empty_sums(bins, simulation.sampling.modes)
    for step in range(steps):
        before = state.dynamics["positions"].copy()
        simulation.advance(state, state.step + 1)
        after = state.dynamics["positions"].copy()
        dr = after - before
        dr -= length * np.rint(dr / length)
        internal, energy, virial = all_pairs(before, length)
        outer = external(field, before[2], length)
        b0, b1 = ((r[2] / length * bins).astype(int) for r in (before, after))
        sums["steps"] += 1
        sums["density"] += np.bincount(b0, minlength=bins)
        for axis in range(3):
            for b in (b0, b1):
                sums["displacement"][:, axis] += np.bincount(b, dr[axis] / 2, bins)
            sums["internal_force"][:, axis] += np.bincount(b0, internal[axis], bins)
            sums["external_force"][:, axis] += np.bincount(b0, outer[axis], bins)
        if step % simulation.sampling.energy_interval == 0:
            sums["energy"] += [energy, energy**2]
            sums["virial"] += [virial, virial**2]
            sums["energy_samples"] += 1
        for m in range(simulation.sampling.modes):
            k = 2 * np.pi * (m + 1) / length
            e0, e1 = np.exp(-1j * k * before[2]), np.exp(-1j * k * after[2])
            residual = (dr / dt * (e0 + e1) / 2 - (internal + outer) * e0).sum(axis=1)
            residual[2] += 1j * k * temperature * e0.sum()
            sums["balance_modes"][m] += np.stack([residual.real, residual.imag], axis=1)
    return sums


@pytest.mark.parametrize(("interval", "modes"), [(1, 4), (7, 1), (10, 0)])
def test_sums_equal_a_replay(engine, driving, all_pairs, interval, modes):
    simulation = engine(field=driving, sampling={"energy_interval": interval, "modes": modes})
    state = simulation.start(np.random.SeedSequence(1))
    simulation.advance(state, 100)
    assert not any(sums.any() for sums in state.statistics.values())
    expected = replay(simulation, state, 40, all_pairs, driving)
    assert state.statistics.keys() == STATISTICS.keys()
    for name, value in expected.items():
        assert state.statistics[name].shape == value.shape, name
        scale = max(1.0, np.abs(value).max(initial=0.0))
        assert np.abs(state.statistics[name] - value).max(initial=0.0) < 1e-8 * scale, name


def test_axes_name_the_dimensions_of_every_array():
    for name, sums in empty_sums(5, 2).items():
        assert len(STATISTICS[name].axes) == sums.ndim


def test_bins_divide_the_box():
    sampling = OneBodySampling(transient_time=0, time=1, bin_width=0.1)
    assert [sampling.bins(length) for length in (10.0, 10.03, 10.07, 0.01)] == [100, 100, 101, 1]


@pytest.mark.parametrize(
    "bad", [{"time": 0}, {"transient_time": -1}, {"energy_interval": 0}, {"modes": -1}, {"bins": 3}]
)
def test_bad_sampling_is_refused(bad):
    with pytest.raises(ValidationError, match=next(iter(bad))):
        OneBodySampling(**{"transient_time": 0, "time": 1, **bad})
