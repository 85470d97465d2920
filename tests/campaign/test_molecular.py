"""A campaign of molecular dynamics, and one in two dimensions, from the file to the reduction."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from perrin.campaign.open_plan import open_plan
from perrin.engines.ensemble import EnsembleFile

ROOT = Path(__file__).resolve().parents[2]

KOB_ANDERSEN = """
name = "molecular"
[problem]
engine = "molecular"
seed = 11
replicas = 4
[problem.parameters]
particles = 200
density = 1.2
box_shape = [1, 1, 1.2]
composition = [4, 1]
temperature = 2.0
potential = { kind = "kob-andersen", shift = "force" }
[problem.dynamics]
bulk_time = 1.0
thermostat = { kind = "nose-hoover" }
[sampling]
transient_time = 0.0
time = 2.0
bin_width = 0.5
[sampling.radial_distribution]
interval = 50
bin_width = 0.1
[sampling.relaxation]
longest_lag = 0.5
wavenumbers = [7.2]
[sampling.stress_profile]
[sampling.field_map]
axes = "xz"
bin_width = 1.0
[sampling.snapshots]
time = 1.0
[resources]
replicas_per_task = 2
segment_steps = 150
"""

FLAT = """
name = "flat"
[problem]
engine = "brownian"
seed = 11
replicas = 3
[problem.parameters]
particles = 60
density = 0.4
box_shape = [1, 1.5]
temperature = 1.0
potential = { kind = "weeks-chandler-andersen" }
[problem.parameters.field]
kind = "planar-fourier"
x = { constant = 1.0 }
y = { modes = [{ amplitude = 4.0, wavenumber = 1, phase = 0.0 }] }
[problem.dynamics]
bulk_time = 0.1
[sampling]
transient_time = 0.5
time = 1.0
bin_width = 0.5
"""


ADAPTIVE = """
name = "adaptive"
[problem]
engine = "adaptive-brownian"
seed = 11
replicas = 3
[problem.parameters]
particles = 80
density = 0.4
temperature = 1.5
potential = { kind = "lennard-jones" }
field = { kind = "shear", gradient = 0.5 }
[problem.dynamics]
bulk_time = 0.1
[sampling]
transient_time = 0.2
time = 0.5
bin_width = 0.5
[sampling.relaxation]
longest_lag = 0.1
"""


@pytest.fixture
def written(trial):
    def write(text):
        small = trial()
        small.path.write_text(text)
        return small

    return write


def test_a_mixture_in_molecular_dynamics(written):
    small = written(KOB_ANDERSEN)
    small.run()
    assert small.call("reduce").returncode == 0
    fields = xr.load_dataset(small.layout.reduced / "one_body.nc").isel(state_point=0)
    assert "residual" not in fields
    assert int(fields["balance_numbers"]) == 0
    length = (200 / 1.2 / 1.2) ** (1 / 3)
    assert float(fields["box_length"]) == pytest.approx(1.2 * length)
    assert float(fields["mean_density"]) == pytest.approx(1.2)
    shares = fields["species_density"].mean("bin").values
    assert shares == pytest.approx([0.96, 0.24])
    total = fields["species_density"].sum("species")
    np.testing.assert_allclose(total, fields["density"])
    # 3/2 T (N - 1)/N; a mean over time scatters no more than single instants, T sqrt(3/(2 N)).
    scatter = 2.0 * np.sqrt(1.5 / 200) / np.sqrt(4)
    assert float(fields["kinetic_energy_error"]) < 2 * scatter
    assert float(fields["kinetic_energy"]) == pytest.approx(3.0 * 199 / 200, abs=3 * scatter)
    tensor = fields["pressure_tensor"].values
    assert float(fields["pressure"]) == pytest.approx(tensor[:3].mean())
    stress = (fields["virial_stress"] + fields["kinetic_stress"]).mean("stress_bin").values
    np.testing.assert_allclose(stress, tensor, atol=5 * fields["pressure_tensor_error"].max())
    assert fields["first"].attrs["long_name"] == "x"
    assert fields["density_map"].sum("species").mean() == pytest.approx(1.2)
    assert correlations_are_those_of_a_fluid(fields)
    assert (small.layout.reduced / "correlations.png").stat().st_size > 10_000


def correlations_are_those_of_a_fluid(fields):
    """No pairs inside the cores, a first shell of B around A, motion that slows down."""
    partial = fields["partial_pair_distribution"]
    assert float(partial.sel(distance=0.55, method="nearest").max()) == 0
    unlike = partial.isel(species=0, other_species=1)
    assert float(unlike["distance"][unlike.argmax("distance")]) == pytest.approx(0.85, abs=0.11)
    assert (partial.isel(species=1, other_species=0) == unlike).all()
    displacement = fields["mean_squared_displacement"].isel(frame=1)
    assert (displacement.diff("lag") > 0).all()
    assert displacement.isel(species=1, lag=-1) > displacement.isel(species=0, lag=-1)
    scattering = fields["self_scattering"].isel(frame=1, wavenumber=0, species=0)
    assert float(scattering[0]) == 1
    return 0 < float(scattering[-1]) < 0.9


def test_time_steps_of_molecular_dynamics_are_checked(written):
    small = written(KOB_ANDERSEN.replace("bulk_time", "time_step = 0.1\nbulk_time"))
    answer = small.call("plan")
    assert answer.returncode == 1
    assert "the integration is unstable; keep it below" in answer.stdout + answer.stderr


def test_parameters_of_another_engine_are_refused(written):
    small = written(KOB_ANDERSEN.replace("temperature", "friction = 1.0\ntemperature"))
    answer = small.call("plan")
    assert answer.returncode == 1
    assert "problem.parameters.friction" in answer.stderr


def test_two_dimensions(written):
    small = written(FLAT)
    small.run()
    told = json.loads(small.call("reduce", "--json").stdout)
    assert told
    fields = xr.load_dataset(small.layout.reduced / "one_body.nc").isel(state_point=0)
    assert fields["z"].attrs["long_name"] == "y"
    length = (60 / 0.4 / 1.5) ** 0.5
    assert float(fields["box_length"]) == pytest.approx(1.5 * length)
    assert float(fields["density"].mean()) == pytest.approx(0.4)
    # Forces between particles cancel: all drift along x alike.
    drift = (fields["current"].sel(component="x").mean() / 0.4).item()
    error = np.sqrt(2 * 1.0 / (3 * 60 * 1.0))
    assert drift == pytest.approx(1.0, abs=3 * error)
    assert not fields["current"].sel(component="z").any()


@pytest.mark.slow
def test_adaptive_brownian_dynamics(written):
    """The plan counts the many evaluations in a step; reductions do without the weak balance."""
    small = written(ADAPTIVE)
    small.run()
    assert small.call("reduce").returncode == 0
    fields = xr.load_dataset(small.layout.reduced / "one_body.nc").isel(state_point=0)
    assert int(fields["balance_numbers"]) == 0
    assert float(fields["density"].mean()) == pytest.approx(0.4)
    force = fields["external_force"].sel(component="x")
    np.testing.assert_allclose(force, 0.5 * (fields["z"] - fields["box_length"] / 2), atol=0.125)
    displacement = fields["mean_squared_displacement"].isel(frame=0, species=0)
    free = 6 * 1.5 * fields["lag"]
    assert (displacement <= 1.3 * free + 1e-12).all()
    assert open_plan(small.path)[0].points[0].evaluations == pytest.approx(325)


@pytest.mark.slow
def test_a_data_set_has_what_potentials_learn_from(written):
    """The example, four state points of it: labels add up to what the samplers say."""
    example = ROOT / "examples" / "data_sets" / "lennard_jones.toml"
    small = written(example.read_text().replace("count = 100", "count = 4"))
    small.run()
    found = 0
    for path in small.layout.results.glob("*.h5"):
        with EnsembleFile(path) as file:
            for record in file.records():
                sums = record.state.statistics
                assert sums["snapshot_step"].tolist() == [1]
                assert sums["snapshot_energies"].sum() == pytest.approx(sums["energy"][0, 0])
                trace = sums["snapshot_virials"][0, :3].sum()
                assert trace == pytest.approx(sums["virial"][0, 0])
                for name in ("positions", "velocities", "forces"):
                    assert sums[f"snapshot_{name}"].shape == (1, 3, 256)
                scale = np.abs(sums["snapshot_forces"]).max()
                assert np.abs(sums["snapshot_forces"].sum(axis=2)).max() < 1e-10 * scale
                found += 1
    assert found == 4
