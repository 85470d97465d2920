"""Blocks of made-up series whose variance is known exactly."""

import math

import numpy as np
import pytest

from perrin.analysis.blocks import add_blocks, complete_blocks, sampled_blocks, steadiness
from perrin.analysis.grouped_sums import jackknife

STEPS = 100


def mean(sums):
    return {"mean": sums["x"] / sums["steps"]}


def blocked(values):
    """Sums over blocks whose means are `values`, (B, m)."""
    return {"x": STEPS * values, "steps": np.full(len(values), STEPS)}


def autoregressive(rng, correlation, steps, width):
    """Stationary x_{n+1} = a x_n + sqrt(1 - a^2) xi, which has unit variance, (steps, width)."""
    noise = rng.normal(size=(steps, width)) * np.sqrt(1 - correlation**2)
    values = np.empty((steps, width))
    values[0] = rng.normal(size=width)
    for n in range(1, steps):
        values[n] = correlation * values[n - 1] + noise[n]
    return values


def variance_of_mean(correlation, steps):
    """Exact: (1/n) [(1+a)/(1-a) - 2a (1-a^n) / (n (1-a)^2)]."""
    a = correlation
    correction = 2 * a * (1 - a**steps) / (steps * (1 - a) ** 2)
    return ((1 + a) / (1 - a) - correction) / steps


def block_errors(correlation, block_steps, blocks=20, width=400):
    series = autoregressive(np.random.default_rng(1), correlation, blocks * block_steps, width)
    sums = series.reshape(blocks, block_steps, width).sum(axis=1)
    steps = np.full(blocks, block_steps)
    return jackknife({"x": sums, "steps": steps}, mean)["mean"][1]


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_long_blocks_of_a_correlated_series_have_the_right_error(correlation):
    """Correlation times up to 10 steps, blocks of 200.

    Neighbouring blocks correlate by 5 % at most, which makes the error 5 % too small; its own
    error over 400 series with 19 degrees of freedom is 0.8 %.
    """
    exact = np.sqrt(variance_of_mean(correlation, 20 * 200))
    found = np.sqrt((block_errors(correlation, 200) ** 2).mean())
    assert 0.92 * exact < found < 1.025 * exact


def test_short_blocks_of_a_correlated_series_have_too_small_an_error():
    exact = np.sqrt(variance_of_mean(0.9, 20 * 5))
    assert np.sqrt((block_errors(0.9, 5) ** 2).mean()) < 0.7 * exact


def test_sums_with_different_numbers_of_blocks_add():
    short, long = blocked(np.ones((2, 3))), blocked(np.full((4, 3), 2.0))
    for total in (add_blocks(short, long), add_blocks(long, short)):
        assert total["steps"].tolist() == [200, 200, 100, 100]
        assert total["x"][:, 0].tolist() == [300, 300, 200, 200]
    assert complete_blocks(total)["steps"].tolist() == [200, 200]


def test_empty_and_incomplete_blocks_are_told_apart():
    blocks = {"steps": np.array([5, 5, 3, 0]), "x": np.arange(4.0)}
    assert sampled_blocks(blocks)["x"].tolist() == [0, 1, 2]
    assert complete_blocks(blocks)["x"].tolist() == [0, 1]


@pytest.mark.parametrize("blocks", [4, 5, 10, 31])
def test_a_steady_state_has_steadiness_one(blocks):
    """Independent blocks; four standard deviations sqrt([1 + 1/(2h - 2)]/(2m)) of m = 300."""
    values = np.random.default_rng(blocks).normal(3.0, 1.0, (blocks, 300))
    half = blocks // 2
    deviation = math.sqrt((1 + 1 / (2 * half - 2)) / 600)
    found = steadiness(blocked(values), mean, ["mean"])["mean"]
    assert found == pytest.approx(1.0, abs=4 * deviation)


def test_the_scatter_of_steadiness_is_as_stated():
    """500 ensembles: their mean to 4 standard errors, their deviation to 4 / sqrt(1000)."""
    rng = np.random.default_rng(7)
    found = [
        steadiness(blocked(rng.normal(size=(8, 100))), mean, ["mean"])["mean"] for _ in range(500)
    ]
    deviation = math.sqrt((1 + 1 / 6) / 200)
    assert np.mean(found) == pytest.approx(1.0, abs=4 * deviation / math.sqrt(500) + 0.003)
    assert np.std(found) == pytest.approx(deviation, rel=4 / math.sqrt(1000))


@pytest.mark.parametrize("slope", [0.2, 0.5, 50.0])
def test_a_drift_shows(slope):
    """Against the exact ratio for a linear drift of `slope` standard deviations per block."""
    half, numbers = 5, 300
    drift = slope * np.arange(2 * half)[:, None]
    values = drift + np.random.default_rng(2).normal(size=(2 * half, numbers))
    difference = 1 / (2 * half) + (half * slope / 2) ** 2
    variance = (1 + slope**2 * half * (half + 1) / 12) / (2 * half)
    expected = math.sqrt(difference / variance)
    found = steadiness(blocked(values), mean, ["mean"])["mean"]
    assert found == pytest.approx(expected, rel=0.1)
    assert found > 1.5
    assert expected < math.sqrt(6 * half**2 / (half + 1)) + 1e-9


def test_the_middle_of_an_odd_number_of_blocks_does_not_count():
    values = np.random.default_rng(3).normal(size=(9, 20))
    changed = values.copy()
    changed[4] = 1e6
    assert steadiness(blocked(values), mean, ["mean"]) == steadiness(
        blocked(changed), mean, ["mean"]
    )


def test_an_incomplete_last_block_does_not_count():
    values = np.random.default_rng(3).normal(size=(9, 20))
    whole, cut = blocked(values[:8]), blocked(values)
    cut["steps"][8] = 1
    assert steadiness(whole, mean, ["mean"]) == steadiness(cut, mean, ["mean"])


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_too_few_blocks_say_nothing(blocks):
    assert math.isnan(steadiness(blocked(np.ones((blocks, 2))), mean, ["mean"])["mean"])


def test_numbers_that_are_not_finite_are_left_out():
    values = np.random.default_rng(3).normal(size=(8, 20))
    holed = np.concatenate([values, np.full((8, 1), np.nan)], axis=1)
    assert steadiness(blocked(holed), mean, ["mean"]) == steadiness(blocked(values), mean, ["mean"])
    assert math.isnan(steadiness(blocked(np.ones((8, 2))), mean, ["mean"])["mean"])
