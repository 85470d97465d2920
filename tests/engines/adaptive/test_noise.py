"""Noise that is looked at, refused and cut stays noise."""

import numpy as np
import pytest

from perrin.engines.adaptive.noise import PIECES, add_up, cover, drop, make_noise
from perrin.engines.randomness import random_state

WALKERS = 20_000


class Walk:
    """A Wiener process in three dimensions for many walkers, revealed piece by piece."""

    def __init__(self, seed: int) -> None:
        self.noise = make_noise(WALKERS)
        self.random = random_state(np.random.SeedSequence(seed))
        self.drawn = np.zeros((3, WALKERS))

    def look(self, duration: float) -> tuple[int, float, np.ndarray]:
        pieces, covered = cover(self.noise, duration, self.random, self.drawn.ravel(), self.drawn)
        out = np.empty((3, WALKERS))
        add_up(self.noise, pieces, out)
        return pieces, covered, out


def test_pieces_add_up_however_they_are_cut():
    walk = Walk(1)
    _, _, whole = walk.look(1.0)
    for duration in (0.5, 0.2, 0.7, 0.05, 1.0):
        pieces, covered, part = walk.look(duration)
        assert covered == pytest.approx(duration, rel=1e-9)
    np.testing.assert_allclose(part, whole, atol=1e-12)
    assert pieces == walk.noise.number[0] == 5


def test_past_pieces_are_dropped_and_later_ones_kept():
    walk = Walk(2)
    _, _, whole = walk.look(1.0)
    pieces, _, part = walk.look(0.3)
    drop(walk.noise, pieces)
    _, covered, rest = walk.look(0.7)
    assert covered == pytest.approx(0.7)
    np.testing.assert_allclose(part + rest, whole, atol=1e-12)


def test_bridges_have_the_variance_of_a_wiener_process():
    """Every part has the variance of its duration, and different parts are independent."""
    walk = Walk(3)
    walk.look(1.0)
    walk.look(0.4)
    walk.look(0.1)
    walk.look(0.7)
    count = int(walk.noise.number[0])
    pieces = walk.noise.increments[: 3 * count].reshape(count, -1)
    assert walk.noise.duration[:count] == pytest.approx([0.1, 0.3, 0.3, 0.3])
    covariance = pieces @ pieces.T / pieces.shape[1]
    error = np.sqrt(2 / pieces.shape[1])
    np.testing.assert_allclose(covariance, np.diag(walk.noise.duration[:count]), atol=4 * error)


def test_watched_walkers_diffuse_like_all_others():
    """Ten walkers refuse large moves of theirs, again and again, over 300 runs.

    Forgetting what was refused would make their variance too small.
    """
    squares = []
    for seed in range(300):
        noise, random = make_noise(10), random_state(np.random.SeedSequence(100 + seed))
        drawn, out, position = np.zeros((3, 10)), np.empty((3, 10)), np.zeros((3, 10))
        time, length = 0.0, 0.25
        while 1.0 - time > 1e-9:
            pieces, covered = cover(noise, min(length, 1 - time), random, drawn.ravel(), drawn)
            add_up(noise, pieces, out)
            if (out**2).mean() > 0.8 * covered and covered > 0.02:
                length = 0.5 * covered
                continue
            drop(noise, pieces)
            position, time, length = position + out, time + covered, 1.4 * covered
        squares.append((position**2).mean())
    assert np.mean(squares) == pytest.approx(1.0, abs=3 * np.sqrt(2 / (300 * 30)))


def test_without_room_a_step_ends_where_a_piece_does():
    walk = Walk(5)
    for k in range(PIECES):
        walk.look(1.0 / (k + 1))
    assert walk.noise.number[0] == PIECES
    pieces, covered, _ = walk.look(0.3)
    assert covered == pytest.approx(0.25)
    assert pieces == 9 - 1 + PIECES - 11
    assert walk.look(0.01)[:2] == (0, 0.0)
