"""What holds for every test."""

import os

import pytest

# One thread per process for the libraries that NumPy and torch compute with: tests run side by
# side, and many start workers of their own. Child processes inherit it. Set before those imports.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")


@pytest.fixture
def driving():
    """A planar field with forces along all axes."""
    return {
        "kind": "planar-fourier",
        "x": {"constant": 5.0, "modes": [{"amplitude": 3.0, "wavenumber": 1, "phase": 0.4}]},
        "y": {"modes": [{"amplitude": 8.0, "wavenumber": 2, "phase": 1.0}]},
        "z": {
            "constant": 2.0,
            "modes": [
                {"amplitude": 2.0, "wavenumber": 1, "phase": 0.3},
                {"amplitude": 1.5, "wavenumber": 3, "phase": 2.0},
            ],
        },
    }
