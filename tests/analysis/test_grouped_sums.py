import itertools

import numpy as np
import pytest

from perrin.analysis.grouped_sums import GROUPS, CountedTwiceError, GroupedSums, jackknife

RNG = np.random.default_rng(3)
X = RNG.normal(2.0, 1.0, (200, 5))
Y = X + RNG.normal(0.0, 0.5, (200, 5))


def summed(replicas):
    sums = GroupedSums()
    for replica in replicas:
        sums.add(replica, {"x": X[replica], "y": Y[replica], "n": np.array(1)})
    return sums


def mean_of_x(sums):
    return {"mean": sums["x"] / sums["n"]}


def test_error_of_a_mean_is_the_textbook_standard_error():
    estimate, error = jackknife(summed(range(32)).stacked(), mean_of_x)["mean"]
    np.testing.assert_allclose(estimate, X[:32].mean(axis=0))
    np.testing.assert_allclose(error, X[:32].std(axis=0, ddof=1) / np.sqrt(32))


def test_error_of_a_ratio_is_that_of_the_delta_method():
    """Linearised: var(<y>/<x>) = var(y - r x) / (n <x>^2); 5 % for 60 samples of 50 % scatter."""
    estimate, error = jackknife(summed(range(60)).stacked(), lambda s: {"r": s["y"] / s["x"]})["r"]
    residual = Y[:60] - estimate * X[:60]
    expected = residual.std(axis=0, ddof=1) / np.sqrt(60) / X[:60].mean(axis=0)
    np.testing.assert_allclose(error, expected, rtol=0.05)


def test_more_replicas_than_groups_keep_a_fair_error():
    """Delete-group jackknife of 200 replicas in 64 groups; the error of an error is 1/sqrt(2 G)."""
    _, error = jackknife(summed(range(200)).stacked(), mean_of_x)["mean"]
    expected = X.std(axis=0, ddof=1) / np.sqrt(200)
    assert len(summed(range(200)).groups) == GROUPS
    np.testing.assert_allclose(error, expected, rtol=3 / np.sqrt(2 * GROUPS))


@pytest.mark.parametrize("cuts", [(10,), (1, 2, 50), (64, 128)])
def test_merging_is_addition(cuts):
    merged = GroupedSums()
    edges = [0, *cuts, 200]
    for first, last in itertools.pairwise(edges):
        merged.merge(summed(range(first, last)))
    assert merged.replicas == set(range(200))
    whole = summed(range(200)).stacked()
    for name, values in merged.stacked().items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-13)


def test_no_replica_counts_twice():
    sums = summed(range(3))
    with pytest.raises(CountedTwiceError, match=r"\[2\]"):
        sums.merge(summed([2, 3]))


@pytest.mark.parametrize("share", [0.01, 0.5, 1.0])
def test_a_group_that_is_smaller_makes_the_error_a_little_larger(share):
    """10,000 means of 6 blocks of white noise: the variance by 1/(6*4) at most.

    The relative error of a variance with 5 degrees of freedom, over 10,000 of them, is .6 %.
    """
    lengths = np.array([1.0, 1.0, 1.0, 1.0, 1.0, share])
    noise = np.sqrt(lengths)[:, None] * np.random.default_rng(5).normal(size=(6, 10_000))
    _, error = jackknife({"x": noise, "n": lengths}, mean_of_x)["mean"]
    excess = (error**2).mean() * lengths.sum()
    expected = 5 / 6 * (5 / (4 + share) + share / 5)
    assert 1 <= expected <= 1 + 1 / 24
    assert excess == pytest.approx(expected, abs=0.02)


def test_one_replica_has_no_error():
    estimate, error = jackknife(summed([0]).stacked(), mean_of_x)["mean"]
    np.testing.assert_array_equal(estimate, X[0])
    assert np.isnan(error).all()
