"""The branch of the campaign's seed tree from which trainings draw.

State points, held-out fields and candidates have their own (`campaign.learning.fields`): branches
1 and 2. No two branches of one campaign meet, and neither do those of different campaigns.
"""

from __future__ import annotations

import numpy as np

TRAINING_BRANCH = 3
"""(3, member, 0) draws the initial weights, (3, member, 1, epoch) the order of the windows."""


def weights_seed(seed: int, member: int) -> int:
    """Seed of the initial weights of a member."""
    return _torch_seed(seed, member, 0)


def order_seed(seed: int, member: int, epoch: int) -> int:
    """Seed of the order in which a member sees its windows in an epoch."""
    return _torch_seed(seed, member, 1, epoch)


def _torch_seed(seed: int, *branch: int) -> int:
    """63 bits, as torch takes them."""
    sequence = np.random.SeedSequence(seed, spawn_key=(TRAINING_BRANCH, *branch))
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
