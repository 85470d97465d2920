"""Reductions of made-up sums whose fields are known exactly."""

import dataclasses

import numpy as np
import pytest

from perrin.analysis.dataset import one_body_dataset
from perrin.analysis.one_body import NothingComputedError, OneBodyFields, periodic_derivative
from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState
from perrin.engines.ensemble import EnsembleFile, ReplicaRecord, write_ensemble
from perrin.engines.identity import Physics

LENGTH, BINS, STEPS, TIME_STEP, PARTICLES = 10.0, 50, 1000, 1e-3, 100
WIDTH = LENGTH / BINS
Z = (np.arange(BINS) + 0.5) * WIDTH
K = 2 * np.pi / LENGTH


def bin_averages(function_integral):
    edges = np.arange(BINS + 1) * WIDTH
    return np.diff(function_integral(edges)) / WIDTH


DENSITY = bin_averages(lambda z: 0.1 * (z + 0.3 / K * np.sin(K * z)))
GRADIENT = bin_averages(lambda z: 0.1 * 0.3 * np.cos(K * z))


def physics(particles=PARTICLES):
    point = {
        "particles": particles,
        "box_length": LENGTH,
        "temperature": 1.5,
        "potential": {"kind": "lennard-jones"},
    }
    return Physics("brownian", 1, point, {"time_step": TIME_STEP}, seed=1)


def balanced_sums(noise=0.0, seed=0):
    """Sums of a state with v = (1, 0, J_0/rho), f_ext = 0 and F_int from the force balance."""
    rng = np.random.default_rng(seed)
    volume_steps = LENGTH**2 * WIDTH * STEPS
    current = np.zeros((BINS, 3))
    current[:, 0] = DENSITY
    current[:, 2] = 0.05
    internal = current.copy()
    internal[:, 2] += 1.5 * GRADIENT
    internal += noise * rng.normal(size=(BINS, 3))
    return {
        "steps": np.array(STEPS),
        "density": DENSITY * volume_steps,
        "displacement": current * volume_steps * TIME_STEP,
        "internal_force": internal * volume_steps,
        "external_force": np.zeros((BINS, 3)),
        "energy": np.array([-200.0, 400.0]) * PARTICLES,
        "virial": np.array([600.0, 1.0]),
        "energy_samples": np.array(100),
        "balance_modes": rng.normal(size=(2, 3, 2)),
    }


def engines_of(records):
    kind = BrownianEngine
    return {
        record.physics.state_point_hash: kind(
            kind.Parameters.model_validate(record.physics.state_point),
            kind.Dynamics(time_step=TIME_STEP),
            kind.Sampling(transient_time=1, time=1),
        )
        for record in records
    }


def write(path, replicas, noise=0.0, particles=PARTICLES):
    records = [
        ReplicaRecord(
            physics(particles), r, ReplicaState(1, {"x": np.zeros(1)}, balanced_sums(noise, r))
        )
        for r in replicas
    ]
    write_ensemble(path, records, sampling={}, engines=engines_of(records), provenance={})
    with EnsembleFile(path) as file:
        return file.rows()


def test_fields_follow_from_sums(tmp_path):
    rows = write(tmp_path / "a.h5", range(2))
    fields = OneBodyFields().compute(tmp_path / "a.h5", rows)
    found = {name: value for name, (value, _) in fields.estimates(rows[0].group).items()}
    np.testing.assert_allclose(found["density"], DENSITY)
    np.testing.assert_allclose(found["velocity"][:, 0], 1.0)
    np.testing.assert_allclose(found["velocity"][:, 1], 0.0)
    np.testing.assert_allclose(found["velocity"][:, 2], 0.05 / DENSITY)
    np.testing.assert_allclose(found["external_force"], 0.0)
    np.testing.assert_allclose(found["energy"], -2.0)
    np.testing.assert_allclose(found["pressure"], 0.1 * 1.5 + 6.0 / (3 * LENGTH**3))


def test_the_residual_of_a_balanced_state_is_the_error_of_the_derivative(tmp_path):
    rows = write(tmp_path / "a.h5", range(2))
    residual, _ = (
        OneBodyFields().compute(tmp_path / "a.h5", rows).estimates(rows[0].group)["residual"]
    )
    largest = 1.5 * WIDTH**4 / 30 * 0.03 * K**4
    np.testing.assert_allclose(residual, 0.0, atol=1.01 * largest)


def test_the_derivative_is_of_fourth_order():
    errors = []
    for bins in (20, 40):
        edges = np.linspace(0, 2 * np.pi, bins + 1)
        sine = np.diff(-np.cos(edges)) / np.diff(edges)
        cosine = np.diff(np.sin(edges)) / np.diff(edges)
        errors.append(np.abs(periodic_derivative(sine, 2 * np.pi / bins) - cosine).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.1)


def test_errors_come_from_the_scatter_of_replicas(tmp_path):
    """The error of an error of 60 replicas is 9 %; over 150 numbers it averages to 1 %."""
    rows = write(tmp_path / "a.h5", range(60), noise=0.01)
    fields = OneBodyFields().compute(tmp_path / "a.h5", rows)
    _, error = fields.estimates(rows[0].group)["internal_force_density"]
    assert np.sqrt((error**2).mean()) == pytest.approx(0.01 / np.sqrt(60), rel=0.03)


def test_files_merge_to_the_same_fields(tmp_path):
    everything = write(tmp_path / "all.h5", range(10), noise=0.1)
    first, second = (write(tmp_path / f"{r[0]}.h5", r, 0.1) for r in (range(4), range(4, 10)))
    whole = OneBodyFields().compute(tmp_path / "all.h5", everything)
    merged = OneBodyFields().compute(tmp_path / "0.h5", first)
    merged.merge(OneBodyFields().compute(tmp_path / "4.h5", second))
    group = everything[0].group
    for name, (value, error) in whole.estimates(group).items():
        np.testing.assert_allclose(merged.estimates(group)[name][0], value, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(merged.estimates(group)[name][1], error, rtol=1e-9, atol=1e-12)


def test_the_dataset_is_labelled(tmp_path):
    fields = OneBodyFields()
    for particles in (PARTICLES, 200):
        path = tmp_path / f"{particles}.h5"
        fields.compute(path, write(path, range(3), 0.1, particles))
    dataset = one_body_dataset(fields)
    assert dict(dataset["velocity"].sizes) == {"state_point": 2, "bin": BINS, "component": 3}
    assert dataset["velocity"].attrs["units"] == "sigma/tau"
    assert sorted(dataset["particles"].values) == [PARTICLES, 200]
    assert (dataset["replicas"] == 3).all()
    np.testing.assert_allclose(dataset["z"].isel(state_point=0), Z)
    dataset.to_netcdf(tmp_path / "fields.nc", engine="h5netcdf")


def test_state_points_of_different_boxes_share_a_dataset(tmp_path):
    """What a shorter profile lacks is NaN."""
    small = {**physics().state_point, "box_length": 8.0}
    sums = {
        name: value[:40] if value.shape[:1] == (BINS,) else value
        for name, value in balanced_sums().items()
    }
    other = dataclasses.replace(physics(), state_point=small)
    record = ReplicaRecord(other, 0, ReplicaState(1, {"x": np.zeros(1)}, sums))
    engines = engines_of([record])
    write_ensemble(tmp_path / "b.h5", [record], sampling={}, engines=engines, provenance={})
    fields = OneBodyFields().compute(tmp_path / "a.h5", write(tmp_path / "a.h5", range(2)))
    with EnsembleFile(tmp_path / "b.h5") as file:
        rows = file.rows()
    dataset = one_body_dataset(fields.compute(tmp_path / "b.h5", rows))
    assert dataset["z"].sizes == {"state_point": 2, "bin": BINS}
    assert dataset["density"].notnull().sum("bin").values.tolist() in ([40, 50], [50, 40])


def test_asking_too_early_is_an_error():
    with pytest.raises(NothingComputedError):
        one_body_dataset(OneBodyFields())
    with pytest.raises(NothingComputedError):
        OneBodyFields().estimates("abc")
