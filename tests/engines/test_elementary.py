import math

import numpy as np
import pytest

from perrin.engines.elementary import exponential, logarithm


def test_exponential_to_the_last_place():
    x = np.linspace(-700.0, 700.0, 20001)
    relative = np.array([exponential(value) for value in x]) / np.exp(x) - 1
    assert np.abs(relative).max() < 3e-16


@pytest.mark.parametrize(("x", "bound"), [(-1e4, -708.0), (-math.inf, -708.0), (1e4, 709.0)])
def test_exponential_is_bounded(x, bound):
    assert exponential(x) == pytest.approx(math.exp(bound), rel=1e-13)


def test_logarithm():
    x = np.geomspace(1e-300, 1e300, 20001)
    error = np.array([logarithm(value) for value in x]) - np.log(x)
    assert np.abs(error / np.maximum(1, np.abs(np.log(x)))).max() < 3e-16
