import math

import numpy as np
import pytest
from pydantic import ValidationError

from perrin.engines.fields.planar import (
    PlanarFourier,
    coefficients_at,
    no_coefficients,
    no_force,
    planar_force,
)
from perrin.engines.phases import fill_phases

MODES = [
    {"amplitude": 3.0, "wavenumber": 2, "phase": 0.7},
    {"amplitude": -1.5, "wavenumber": 2, "phase": 2.0},
    {"amplitude": 0.5, "wavenumber": 7, "phase": 6.0},
    {"amplitude": 2.0, "wavenumber": 1, "phase": 0.0},
]
FIELD = PlanarFourier.model_validate(
    {
        "kind": "planar-fourier",
        "x": {"constant": 4.0, "modes": MODES},
        "y": {"modes": MODES[:1]},
        "z": {"constant": -1.0},
    }
)


def force(
    field: PlanarFourier | None, z: np.ndarray, length: float, time: float = 0.0
) -> np.ndarray:
    phases, out = np.empty((2, z.size)), np.empty((3, z.size))
    fill_phases(z, length, phases)
    planned = field.planar_force() if field else no_force()
    coefficients = no_coefficients(planned.still.cosine.shape[1])
    coefficients_at(planned, time, coefficients)
    planar_force(coefficients, phases, np.empty_like(phases), out)
    return out


def test_force_is_equation_12() -> None:
    length = 7.3
    z = np.random.default_rng(1).uniform(0, length, 1000)
    expected = np.zeros((3, z.size))
    for axis, part in enumerate((FIELD.x, FIELD.y, FIELD.z)):
        expected[axis] = part.constant
        for mode in part.modes:
            theta = 2 * np.pi * z / length
            expected[axis] += mode.amplitude * np.sin(theta * mode.wavenumber + mode.phase)
    assert np.abs(force(FIELD, z, length) - expected).max() < 1e-12


@pytest.mark.parametrize("time", [0.0, 0.4, 123.4])
def test_waves_travel_as_in_equation_33(time: float) -> None:
    """f_0 sin(k_0 z) e_x + f_1 cos(omega_1 t - k_1 z) e_z, with the parameters of fig. 8."""
    length, omega = 10.0, 4 * np.pi
    still = {"amplitude": 30.0, "wavenumber": 1, "phase": 0.0}
    wave = {"amplitude": 5.0, "wavenumber": 2, "phase": np.pi / 2, "angular_frequency": omega}
    field = PlanarFourier.model_validate(
        {"kind": "planar-fourier", "x": {"modes": [still]}, "z": {"modes": [wave]}}
    )
    z = np.random.default_rng(1).uniform(0, length, 100)
    along_x, along_y, along_z = force(field, z, length, time)
    k = 2 * np.pi / length
    assert along_x == pytest.approx(30 * np.sin(k * z), abs=1e-12)
    assert along_z == pytest.approx(5 * np.cos(omega * time - 2 * k * z), abs=1e-11)
    assert not along_y.any()
    assert not field.is_still
    assert FIELD.is_still


def test_phases_are_cosine_and_sine() -> None:
    length = 9.1
    edges = length * np.arange(17) / 16
    z = np.concatenate([np.random.default_rng(2).uniform(0, length, 10_000), edges])
    phases = np.empty((2, z.size))
    fill_phases(z, length, phases)
    theta = 2 * np.pi * z / length
    assert np.abs(phases - [np.cos(theta), np.sin(theta)]).max() < 1e-14


def test_no_field_does_nothing() -> None:
    assert not force(None, np.linspace(0, 1, 5), 1.0).any()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"x": {"constant": math.nan}}, "x.constant"),
        ({"x": {"modes": [{"amplitude": math.inf, "wavenumber": 1, "phase": 0}]}}, "amplitude"),
        ({"z": {"modes": [{"amplitude": 1, "wavenumber": 0, "phase": 0}]}}, "wavenumber"),
        ({"z": {"modes": [{"amplitude": 1, "wavenumber": 1.5, "phase": 0}]}}, "wavenumber"),
        ({"z": {"modes": [{"amplitude": 1, "wavenumber": 1}]}}, "phase"),
        ({"w": {}}, "w"),
    ],
)
def test_bad_fields_are_refused_by_name(change: dict, where: str) -> None:
    with pytest.raises(ValidationError, match=where):
        PlanarFourier.model_validate({"kind": "planar-fourier", **change})
