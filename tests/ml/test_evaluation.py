"""Errors on held-out fields: against formulas done by hand, and their statistical errors."""

import numpy as np
import pytest
import torch

from perrin.ml.evaluation import (
    Estimate,
    EvaluationError,
    difference,
    jackknife,
    judge,
    label_noise,
    rank_correlation,
)
from perrin.ml.profiles import Profiles

BINS = 8


def profiles(force, noise=0.0):
    """Fields whose density carries their number, so that a stand-in can know the answer."""
    force = np.asarray(force, dtype=np.float64)
    count = len(force)
    return Profiles(
        names=tuple(f"field {number}" for number in range(count)),
        density=np.repeat(np.arange(count, dtype=np.float64)[:, None], BINS, axis=1),
        velocity=np.zeros((count, 3, BINS)),
        internal_force=force,
        internal_force_error=np.full(force.shape, noise),
        steadiness=np.ones(count),
        length=4.0,
    )


def answering(forces):
    """Functional that looks its answers up, shape (S, 3, n)."""
    table = torch.tensor(np.asarray(forces))
    return lambda inputs: table[inputs[:, 0, 0].long()]


@pytest.fixture
def truth():
    return np.random.default_rng(3).normal(size=(6, 3, BINS)) + np.array([0.5, 0.0, -1.0])[:, None]


def test_error_of_known_size(truth):
    """Answers of 1.2 f and 1.4 f: their mean is off by 0.3 f everywhere."""
    held_out = profiles(truth)
    found = judge([answering(1.2 * truth), answering(1.4 * truth)], held_out)
    assert found.error.value == pytest.approx(0.3)
    assert [each.value for each in found.components] == pytest.approx([0.3] * 3)
    assert [each.value for each in found.members] == pytest.approx([0.2, 0.4])
    assert found.error.error == pytest.approx(0, abs=1e-12)
    sizes = np.sqrt((truth**2).sum(axis=1).mean(axis=1))
    np.testing.assert_allclose(found.true_errors, 0.3 * sizes)
    np.testing.assert_allclose(found.deviations, 0.2 / np.sqrt(2) * sizes)
    assert found.rank_correlation == pytest.approx(1.0)
    assert found.names == held_out.names


def test_r_squared(truth):
    held_out = profiles(truth)
    exact = judge([answering(truth)] * 2, held_out)
    constant = np.broadcast_to(truth.mean(axis=(0, 2))[:, None], truth.shape)
    guessing = judge([answering(constant)] * 2, held_out)
    assert exact.r_squared == Estimate(1.0, 0.0)
    assert guessing.r_squared.value == pytest.approx(0, abs=1e-12)


def test_jackknife_of_a_mean():
    """For a mean, it is the textbook standard error."""
    values = np.random.default_rng(1).normal(size=9)
    sums = np.stack([values, np.ones(9)], axis=1)
    found = jackknife(sums, lambda s: s[..., 0] / s[..., 1])
    assert found.value == pytest.approx(values.mean())
    assert found.error == pytest.approx(values.std(ddof=1) / 3)


def test_jackknife_covers_the_scatter():
    """Over 400 sets of 12 fields the quoted error is the scatter between sets."""
    generator = np.random.default_rng(5)
    found = []
    for _ in range(400):
        force = generator.normal(size=(12, 3, BINS))
        off = force + 0.1 * generator.normal(size=(12, 1, 1)) * force
        found.append(judge([answering(off)] * 2, profiles(force)).error)
    scatter = np.std([each.value for each in found])
    quoted = np.sqrt(np.mean([each.error**2 for each in found]))
    # 400 numbers give their scatter to 4 %; the jackknife is biased up by about 1/12.
    assert quoted == pytest.approx(scatter, rel=0.2)


def test_paired_difference_is_sharper(truth):
    """Two committees that fail on the same fields are told apart better than their errors say."""
    size = np.array([0.1, 0.9, 0.2, 0.4, 0.8, 0.3])[:, None, None]
    held_out = profiles(truth)
    worse = judge([answering(truth * (1 + size))] * 2, held_out)
    better = judge([answering(truth * (1 + 0.9 * size))] * 2, held_out)
    found = difference(better, worse)
    assert found.value == pytest.approx(better.error.value - worse.error.value)
    assert found.value == pytest.approx(-0.1 * worse.error.value)
    assert found.error == pytest.approx(0.1 * worse.error.error)


def test_difference_needs_the_same_fields(truth):
    committee = [answering(truth)] * 2
    with pytest.raises(EvaluationError, match="same held-out fields"):
        difference(judge(committee, profiles(truth)), judge(committee, profiles(truth[:4])))


def test_label_noise():
    force = np.full((4, 3, BINS), 2.0)
    found = label_noise(profiles(force, noise=0.1))
    assert found.value == pytest.approx(0.05)
    assert label_noise(profiles(force, noise=np.nan)) is None


def test_noisy_labels_are_the_floor():
    """Against labels with errors the exact force shows the share of noise."""
    generator = np.random.default_rng(7)
    exact = generator.normal(size=(50, 3, BINS))
    held_out = profiles(exact + 0.2 * generator.normal(size=exact.shape), noise=0.2)
    found, floor = judge([answering(exact)] * 2, held_out).error, label_noise(held_out)
    assert found.value == pytest.approx(floor.value, abs=4 * found.error)


def test_one_field_has_no_error_bar(truth):
    found = judge([answering(truth)] * 2, profiles(truth[:1]))
    assert np.isnan(found.error.error)
    assert found.rank_correlation is None


def test_no_force_at_all():
    """A ratio to nothing is not a number, and no warning."""
    force = np.zeros((3, 3, BINS))
    assert np.isnan(judge([answering(force)] * 2, profiles(force)).error.value)


def test_a_member_without_numbers(truth):
    broken = np.where(np.arange(BINS) == 2, np.nan, truth)
    found = judge([answering(truth), answering(broken)], profiles(truth))
    assert np.isnan(found.error.value)
    assert found.members[0].value == pytest.approx(0, abs=1e-12)
    assert np.isnan(found.members[1].value)
    assert found.rank_correlation is None


@pytest.mark.parametrize("errors", [[1.0, 1.0, 1.0], [1.0, np.nan, 2.0], [1.0, 2.0]])
def test_no_ranks(errors):
    assert rank_correlation(np.arange(len(errors), dtype=float), np.array(errors)) is None
