import math

import numpy as np
from scipy import stats

from perrin.analysis.force_balance import hotelling


def test_one_dimension_is_students_t_test():
    samples = np.random.default_rng(1).normal(0.3, 1.0, (20, 1))
    expected = stats.ttest_1samp(samples[:, 0], 0.0).pvalue
    np.testing.assert_allclose(hotelling(samples), expected, rtol=1e-10)


def test_p_values_of_true_means_are_uniform():
    """Kolmogorov-Smirnov at 1 % for 500 draws of correlated samples."""
    rng = np.random.default_rng(2)
    mixing = rng.normal(size=(4, 4))
    values = [hotelling(rng.normal(size=(16, 4)) @ mixing) for _ in range(500)]
    assert stats.kstest(values, "uniform").pvalue > 0.01


def test_a_false_mean_is_found():
    samples = np.random.default_rng(3).normal(1.0, 1.0, (32, 4))
    assert hotelling(samples) < 1e-6


def test_too_few_samples_say_nothing():
    assert math.isnan(hotelling(np.ones((4, 4))))
