import numpy as np
import pytest

from perrin.engines.normals import BLOCK, fill_normals
from perrin.engines.randomness import next_word, random_state


def test_numbers_are_those_of_the_polar_method() -> None:
    state = random_state(np.random.SeedSequence(5))
    again, out, expected = state.copy(), np.empty(1000), []
    fill_normals(state, out)
    while len(expected) < out.size:
        u, v = ((int(next_word(again)) >> 11) * 2.0**-52 - 1 for _ in range(2))
        s = u * u + v * v
        if 0 < s < 1:
            expected += [u * np.sqrt(-2 * np.log(s) / s), v * np.sqrt(-2 * np.log(s) / s)]
    assert out == pytest.approx(expected, rel=1e-13)
    assert np.array_equal(state, again)


def test_state_alone_continues_the_stream() -> None:
    state = random_state(np.random.SeedSequence(5))
    cut = 2 * BLOCK + 400
    whole, first, second = np.empty(1000), np.empty(cut), np.empty(1000 - cut)
    again = state.copy()
    fill_normals(state, whole)
    fill_normals(again, first)
    fill_normals(again, second)
    assert np.array_equal(np.concatenate([first, second]), whole)
    assert np.array_equal(state, again)


def test_odd_lengths_drop_the_spare() -> None:
    state, again = (random_state(np.random.SeedSequence(5)) for _ in range(2))
    odd, even = np.empty(7), np.empty(8)
    fill_normals(state, odd)
    fill_normals(again, even)
    assert np.array_equal(odd, even[:7])
    assert np.array_equal(state, again)


def test_normals_have_the_moments_of_a_gaussian() -> None:
    n = 4_000_000
    x = np.empty(n)
    fill_normals(random_state(np.random.SeedSequence(11)), x)
    # Standard errors of the mean of x^p: sqrt((<x^2p> - <x^p>^2)/n).
    for power, mean, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)]:
        assert abs((x**power).mean() - mean) < 4 * np.sqrt(variance / n), power


@pytest.mark.parametrize("lag", [1, 2, 3, 6, 1500])
def test_normals_are_uncorrelated(lag: int) -> None:
    n = 1_000_000
    x = np.empty(n)
    fill_normals(random_state(np.random.SeedSequence(12)), x)
    for y in (x, x**2 - 1, np.abs(x) - np.sqrt(2 / np.pi)):
        products = y[:-lag] * y[lag:]
        assert abs(products.mean()) < 4 * products.std() / np.sqrt(products.size)
