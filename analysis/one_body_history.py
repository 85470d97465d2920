"""One-body fields as they change in time: averages over replicas, block by block.

For ensembles in full non-equilibrium: every replica goes through the same times, and each block of
`sampling.block_time` is one of them. The current follows from the force balance,

    gamma J = F_int + F_ext - k_B T d(rho)/dz e_z,

because displacements over times so short are mostly noise; what they say of it is the residual.
J_z is not constant along z in a transient, so there is no density from forces.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import PerrinError
from ..engines.sampling import steps_of_block
from .force_sampling import NAME as DENSITY_FROM_FORCES
from .grouped_sums import Sums, jackknife
from .one_body import SPECIES, Ensemble, Fields, Geometry, OneBodyAccumulation


class NoBlocksError(PerrinError, ValueError):
    """An ensemble whose fields are not resolved in time."""


class OneBodyHistory(OneBodyAccumulation):
    """Fields of every block in time; `compute` and `merge` add replicas."""

    def _kept(self, values: NDArray[Any]) -> NDArray[Any]:
        """Keep every block of a replica."""
        return values

    def times(self, group: str) -> NDArray[np.float64]:
        """Middle of every complete block, (B,), tau since the field was switched on."""
        ensemble = self.ensembles[group]
        middle = (self._complete(group) + 0.5) * block_steps(ensemble)
        return np.asarray(
            (ensemble.transient_steps + middle) * ensemble.geometry.time_step, dtype=np.float64
        )

    def estimates(self, group: str) -> dict[str, tuple[Any, Any]]:
        """Fields of one state point in its complete blocks: name -> (estimate, standard error).

        Shapes are those of `OneBodyFields.estimates` behind an axis of blocks. Errors come from the
        scatter between replicas, and are NaN for a single one. Raises `NoBlocksError` if no block
        was sampled to its end by every replica.
        """
        self._expect_computed(group)
        complete, geometry = self._complete(group), self.ensembles[group].geometry

        def estimate(sums: Sums) -> Fields:
            blocks = [
                fields_of_block({name: values[b] for name, values in sums.items()}, geometry)
                for b in range(len(complete))
            ]
            return {name: np.stack([fields[name] for fields in blocks]) for name in blocks[0]}

        stacked = self.sums[group].stacked()
        return jackknife({name: s[:, complete] for name, s in stacked.items()}, estimate)

    def _complete(self, group: str) -> NDArray[np.int64]:
        """Numbers of the blocks that every replica has sampled to their end."""
        ensemble = self.ensembles[group]
        wanted = len(self.sums[group].replicas) * block_steps(ensemble) // ensemble.interval
        complete = np.flatnonzero(self.blocks[group]["steps"] == wanted)
        if len(complete) == 0:
            raise NoBlocksError(
                f"state point {group}: no block of sampling.block_time = "
                f"{ensemble.block_time:g} tau is complete in every replica"
            )
        return complete


def block_steps(ensemble: Ensemble) -> int:
    """Steps of a complete block; `NoBlocksError` if there is a single one, of any length."""
    if ensemble.block_time is None:
        raise NoBlocksError("fields are summed over all times: give sampling.block_time")
    return steps_of_block(ensemble.block_time, ensemble.geometry.time_step, ensemble.interval)


def fields_of_block(sums: Sums, geometry: Geometry) -> Fields:
    """Fields of an ensemble in one block; without inertia, currents are from the force balance."""
    steady_only = {DENSITY_FROM_FORCES, SPECIES + DENSITY_FROM_FORCES}
    estimates = geometry.estimate(sums)
    fields = {name: values for name, values in estimates.items() if name not in steady_only}
    if geometry.friction is None:
        return fields
    for prefix in {"", SPECIES} if SPECIES + "current" in fields else {""}:
        current = fields[prefix + "current"] - fields[prefix + "residual"] / geometry.friction
        with np.errstate(divide="ignore", invalid="ignore"):
            velocity = current / fields[prefix + "density"][..., None]
        fields |= {prefix + "current": current, prefix + "velocity": velocity}
    return fields
