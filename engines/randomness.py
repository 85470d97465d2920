"""Random numbers: the seed tree and xoshiro256++.

The generator is that of D. Blackman and S. Vigna, "Scrambled linear pseudorandom number
generators", ACM Trans. Math. Softw. 47, 36 (2021).
"""

from __future__ import annotations

import numpy as np

from .arrays import Words
from .compiled import jit

_HASH_WORDS = 8
_UNIT = 2.0**-52


def replica_seed(campaign_seed: int, state_point_hash: str, replica: int) -> np.random.SeedSequence:
    """Leaf of the seed tree: campaign -> state point -> replica.

    Parameters
    ----------
    campaign_seed
        Any integer in [0, 2^128).
    state_point_hash
        Hexadecimal digest of the state point; its first 256 bits count.
    replica
        Index of the replica in [0, 2^32).
    """
    digits = state_point_hash[: 8 * _HASH_WORDS].ljust(8 * _HASH_WORDS, "0")
    words = [int(digits[8 * i : 8 * i + 8], 16) for i in range(_HASH_WORDS)]
    if not (0 <= campaign_seed < 2**128 and 0 <= replica < 2**32):
        message = f"seed = {campaign_seed}, replica = {replica}: allowed are [0, 2^128), [0, 2^32)"
        raise ValueError(message)
    return np.random.SeedSequence(campaign_seed, spawn_key=(*words, replica))


def random_state(seed: np.random.SeedSequence) -> Words:
    """State of a fresh generator, shape (4,)."""
    return seed.generate_state(4, np.uint64).astype(np.uint64, copy=False)


@jit(inline=True)
def _rotate(x: np.uint64, k: np.uint64) -> np.uint64:
    return np.uint64((x << k) | (x >> (np.uint64(64) - k)))


@jit()
def next_word(state: Words) -> np.uint64:
    """Advance the generator in place and return its next 64 random bits."""
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    result = _rotate(s0 + s3, np.uint64(23)) + s0
    state[2] = s2 ^ s0
    state[3] = s3 ^ s1
    state[1] = s1 ^ state[2]
    state[0] = s0 ^ state[3]
    state[2] ^= s1 << np.uint64(17)
    state[3] = _rotate(state[3], np.uint64(45))
    return np.uint64(result)


@jit()
def symmetric_uniform(state: Words) -> float:
    """Uniform number in [-1, 1)."""
    return np.float64(next_word(state) >> np.uint64(11)) * _UNIT - 1.0
