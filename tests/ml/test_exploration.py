"""Judging candidates with committees whose disagreement is known."""

import dataclasses

import numpy as np
import pytest
import torch

from perrin.engines.fields.planar import Component, Mode, PlanarFourier
from perrin.engines.seal import DamagedFileError
from perrin.ml.committee import CommitteeError
from perrin.ml.drift_diffusion import PlanarSystem
from perrin.ml.exploration import (
    Reason,
    VelocityRange,
    concatenate,
    explore,
    external_driving,
    force_at,
    load,
    save,
)
from perrin.ml.settings import ExplorationSettings

SYSTEM = PlanarSystem(length=10.0, bins=40, temperature=1.5, friction=1.0)
UNLIMITED = VelocityRange(lateral=1e6, z=1e6)


@dataclasses.dataclass(frozen=True)
class State:
    field: PlanarFourier | None
    particles: int


def state(particles=400, x=0.0, z=0.0, wave=0.0):
    component = Component(constant=z, modes=(Mode(amplitude=wave, wavenumber=1, phase=0.3),))
    return State(
        PlanarFourier(kind="planar-fourier", x=Component(constant=x), z=component), particles
    )


def constant(x, y=0.0, z=0.0):
    def functional(profiles):
        force = torch.tensor([x, y, z])[:, None]
        return force + torch.zeros_like(profiles[:, :3])

    return functional


def stiff(strength):
    """Return a functional with f_z = -strength d(rho)/dz."""

    def functional(profiles):
        slope = torch.roll(profiles[:, 0], -1, -1) - torch.roll(profiles[:, 0], 1, -1)
        force = torch.zeros_like(profiles[:, :3])
        force[:, 2] = -strength * slope / 0.5
        return force

    return functional


def silent(profiles):
    return torch.full_like(profiles[:, :3], torch.nan)


def silent_if_dense(profiles):
    force = torch.zeros_like(profiles[:, :3])
    force[profiles[:, 0].mean(-1) > 0.5, 1, 7] = torch.nan
    return force


def without_fixed_point_if_dense(profiles):
    force = torch.zeros_like(profiles[:, :3])
    dense = profiles[:, 0].mean(-1) > 0.5
    force[dense, 0] = -10 * torch.sign(profiles[dense, 1])
    return force


def assert_equal(found, expected):
    assert found.reasons == expected.reasons
    for field in dataclasses.fields(expected):
        after, before = (
            np.array(getattr(found, field.name)),
            np.array(getattr(expected, field.name)),
        )
        np.testing.assert_array_equal(after, before)
        assert after.dtype == before.dtype


# --- external forces ------------------------------------------------------------------------------


def test_force_is_the_sum_of_its_modes(driving):
    field = PlanarFourier(**driving)
    z = np.linspace(-3, 17, 41)
    force = force_at(field, z, 10.0)
    for row, part in enumerate((field.x, field.y, field.z)):
        expected = part.constant + sum(
            mode.amplitude * np.sin(2 * np.pi * mode.wavenumber * z / 10.0 + mode.phase)
            for mode in part.modes
        )
        np.testing.assert_allclose(force[row], expected, atol=1e-13)


def test_a_field_without_modes():
    field = PlanarFourier(kind="planar-fourier", y=Component(constant=3.0))
    np.testing.assert_array_equal(
        force_at(field, np.arange(3.0), 10.0), [[0] * 3, [3] * 3, [0] * 3]
    )


def test_driving_has_values_at_centres_and_lower_faces(driving):
    field = PlanarFourier(**driving)
    candidates = [State(field, 200), State(field, 300), State(None, 400)]
    discrete = external_driving(candidates, SYSTEM)
    np.testing.assert_array_equal(discrete.particles, [200.0, 300.0, 400.0])
    assert not discrete.centres[2].any()
    assert not discrete.faces[2].any()
    centres, faces = (np.arange(40) + 0.5) / 4, np.arange(40) / 4
    np.testing.assert_allclose(discrete.centres[1], force_at(field, centres, 10.0))
    np.testing.assert_allclose(discrete.faces[0], force_at(field, faces, 10.0)[2])


# --- the committee's judgement --------------------------------------------------------------------


def test_spread_and_deviation_are_those_of_the_members():
    committee = [constant(1.0), constant(2.0, y=3.0), constant(6.0)]
    result = explore([state(), state(600, z=5.0)], SYSTEM, committee, UNLIMITED)
    np.testing.assert_allclose(result.force[:, 0], 3.0, rtol=1e-6)
    np.testing.assert_allclose(result.spread[:, 0], np.sqrt(7.0), rtol=1e-6)
    np.testing.assert_allclose(result.spread[:, 1], np.sqrt(3.0), rtol=1e-6)
    np.testing.assert_allclose(result.deviation, np.sqrt(10.0), rtol=1e-12)
    assert result.reasons == (None, None)


def test_members_are_judged_on_the_fields_that_the_mean_drives():
    """Members proportional to rho' differ by their stiffness times the slope of one density."""
    result = explore([state(wave=2.0)], SYSTEM, [stiff(2.0), stiff(4.0)], UNLIMITED)
    density = result.profiles[0, 0]
    slope = (np.roll(density, -1) - np.roll(density, 1)) / 0.5
    np.testing.assert_allclose(
        result.spread[0, 2], np.sqrt(2) * np.abs(slope), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(result.force[0, 2], -3 * slope, rtol=1e-4, atol=1e-5)


def test_every_reason():
    limits = VelocityRange(lateral=20.0, z=10.0)
    candidates = [
        state(400, x=5.0),
        state(600, x=5.0),
        state(400, wave=40.0),
        state(400, x=-25.0),
        state(400, z=-12.0),
        state(9),
    ]
    committee = [without_fixed_point_if_dense] * 2
    result = explore(candidates, SYSTEM, committee, limits)
    assert result.reasons == (
        None,
        Reason.NO_CONVERGENCE,
        Reason.DILUTE,
        Reason.FAST,
        Reason.FAST,
        Reason.DILUTE,
    )


def test_a_member_that_gives_no_number_is_never_averaged_away():
    committee = [constant(0.0), silent_if_dense, constant(0.5)]
    result = explore([state(400), state(600), state(300)], SYSTEM, committee, UNLIMITED)
    assert result.reasons == (None, Reason.NOT_A_NUMBER, None)
    assert np.isnan(result.deviation[1])
    assert np.isfinite(result.deviation[[0, 2]]).all()


def test_members_may_disagree_beyond_single_precision():
    committee = [constant(3e38), constant(-3e38)]
    result = explore([state()], SYSTEM, committee, UNLIMITED)
    assert result.reasons == (None,)
    assert result.deviation[0] == pytest.approx(3e38 * np.sqrt(2), rel=1e-6)


def test_a_member_that_never_gives_a_number_is_named():
    committee = [constant(0.0), constant(1.0), silent]
    with pytest.raises(CommitteeError, match="member 2 of 3"):
        explore([state(400), state(600)], SYSTEM, committee, UNLIMITED, chunk=1)


def test_one_member_is_no_committee():
    with pytest.raises(CommitteeError, match="committee of 1, expected at least 2"):
        explore([state()], SYSTEM, [constant(0.0)], UNLIMITED)


def test_chunks_change_nothing_and_report_progress():
    candidates = [state(300 + 50 * i, x=float(i), z=2.0, wave=1.0) for i in range(5)]
    committee, calls = [constant(1.0), constant(2.0)], []
    whole = explore(candidates, SYSTEM, committee, UNLIMITED)
    parts = explore(
        candidates, SYSTEM, committee, UNLIMITED, chunk=2, progress=lambda *call: calls.append(call)
    )
    assert calls[0] == (0, 5)
    assert sorted(calls) == calls
    assert {2, 4} <= {done for done, _ in calls} <= set(range(5)), "never when all is done"
    np.testing.assert_allclose(parts.profiles, whole.profiles, rtol=1e-6)
    np.testing.assert_allclose(parts.deviation, whole.deviation, rtol=1e-6)


def test_settings_say_when_a_steady_state_is_found():
    committee = [stiff(4.0), stiff(6.0)]
    strict, loose, given_up = (
        explore([state(wave=3.0)], SYSTEM, committee, UNLIMITED, settings=settings)
        for settings in (
            ExplorationSettings(tolerance=1e-4),
            ExplorationSettings(tolerance=0.3),
            ExplorationSettings(iterations=2),
        )
    )
    assert strict.residual[0] < 1e-4 < loose.residual[0] < 0.3
    assert strict.reasons == loose.reasons == (None,)
    assert given_up.reasons == (Reason.NO_CONVERGENCE,)
    assert given_up.iterations[0] == 2


def test_parts_are_put_together_in_their_order():
    candidates = [state(9), state(400), state(500)]
    committee = [constant(1.0), constant(2.0)]
    whole = explore(candidates, SYSTEM, committee, UNLIMITED, chunk=1)
    parts = [explore(part, SYSTEM, committee, UNLIMITED) for part in ([], candidates[:1])]
    parts.append(explore(candidates[1:], SYSTEM, committee, UNLIMITED, chunk=1))
    assert_equal(concatenate(parts), whole)


def test_nothing_to_explore():
    result = explore([], SYSTEM, [constant(0.0)] * 2, UNLIMITED)
    assert len(result) == 0
    assert result.profiles.shape == (0, 4, 40)


# --- on disk --------------------------------------------------------------------------------------


@pytest.mark.parametrize("particles", [[], [400], [400, 600, 9]])
def test_reading_back_gives_the_same_arrays(tmp_path, particles):
    candidates = [state(number) for number in particles]
    result = explore(candidates, SYSTEM, [constant(0.0), silent_if_dense], UNLIMITED)
    path = tmp_path / "exploration.part"
    save(result, path)
    assert_equal(load(path), result)


@pytest.mark.parametrize("damage", ["rubbish", "empty", "cut", "other"])
def test_damaged_files_are_named(tmp_path, damage):
    path = tmp_path / "exploration.npz"
    save(explore([state()], SYSTEM, [constant(0.0)] * 2, UNLIMITED), path)
    if damage == "other":
        np.savez(path, something=np.zeros(3))
    else:
        contents = {"rubbish": b"no archive", "empty": b"", "cut": path.read_bytes()[:-40]}
        path.write_bytes(contents[damage])
    with pytest.raises(DamagedFileError, match=r"exploration\.npz"):
        load(path)
