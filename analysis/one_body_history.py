"""One-body fields as they change in time: averages over replicas, block by block.

For ensembles in full non-equilibrium: every replica goes through the same times, and each block of
`sampling.block_time` is one of them. What `one_body` says of the fields holds in every block, up to
the change of the fields within it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .grouped_sums import Sums, jackknife
from .one_body import Fields, OneBodyFields


class OneBodyHistory(OneBodyFields):
    """Accumulates the sums of each block; use it like `OneBodyFields`."""

    def _kept(self, values: NDArray[Any]) -> NDArray[Any]:
        """Keep every block of a replica."""
        return values

    def times(self, group: str) -> NDArray[np.float64]:
        """Middle of every complete block, (B,), tau since the field was switched on."""
        first, length = self.ensembles[group].block_times
        return np.asarray(first + (self._complete(group) + 0.5) * length, dtype=np.float64)

    def estimates(self, group: str) -> dict[str, tuple[Any, Any]]:
        """Fields of one state point in its complete blocks: name -> (estimate, standard error).

        Shapes are those of `OneBodyFields.estimates` behind an axis of blocks. Errors come from the
        scatter between replicas, and are NaN for a single one.
        """
        self._expect_computed(group)
        complete, geometry = self._complete(group), self.ensembles[group].geometry

        def estimate(sums: Sums) -> Fields:
            blocks = [
                geometry.estimate({name: values[b] for name, values in sums.items()})
                for b in range(len(complete))
            ]
            return {name: np.stack([fields[name] for fields in blocks]) for name in blocks[0]}

        stacked = self.sums[group].stacked()
        return jackknife({name: s[:, complete] for name, s in stacked.items()}, estimate)

    def _complete(self, group: str) -> NDArray[np.int64]:
        """Numbers of the blocks that every replica has sampled to their end."""
        steps = self.blocks[group]["steps"]
        return np.flatnonzero(steps == steps.max())
