"""Data sets: reductions of published ensembles, as profiles that committees learn from."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from ...engines.canonical import digest
from ...engines.ensemble import Row
from ...engines.seal import DamagedFileError
from ...ml.profiles import Profiles
from ..layout import Layout
from ..plan import Plan, PlannedPoint
from ..store import Store

DATA_SET_VERSION = 2


@dataclass(frozen=True)
class Outline:
    """What of a data set is needed again and again.

    Attributes
    ----------
    names
        State points that can be learned from.
    bins, bin_width
        Number and width (sigma) of bins.
    lateral, z
        Largest velocities along x or y, and along z, sigma/tau.
    """

    names: tuple[str, ...]
    bins: int
    bin_width: float
    lateral: float
    z: float

    @classmethod
    def of(cls, profiles: Profiles) -> Outline:
        """Outline profiles."""
        speed = np.abs(profiles.velocity).max(axis=(0, 2), initial=0.0)
        return cls(
            profiles.names,
            profiles.bins,
            profiles.bin_width,
            float(max(speed[:2])),
            float(speed[2]),
        )


@dataclass(frozen=True)
class DataSet:
    """A data set under the key of all that went into it; its profiles are read when asked for."""

    key: str
    path: Path
    outline: Outline

    @cached_property
    def profiles(self) -> Profiles:
        """The profiles themselves."""
        return Profiles.load(self.path)


_outline = lru_cache(maxsize=None)(lambda path: Outline.of(Profiles.load(path)))
"""The name of a data set's file is a hash of all that it was made from."""


@dataclass(frozen=True)
class DataSets:
    """Makes the data sets of a campaign, or finds those that were made before."""

    plan: Plan
    layout: Layout
    store: Store

    def of(self, points: Sequence[PlannedPoint]) -> DataSet | None:
        """Data set of the published replicas of `points`; None if there are none.

        Raises `DamagedFileError` for a result that is not what was published.
        """
        rows = self._rows(points)
        if not rows:
            return None
        found = sorted((row.key, row.step) for group in rows.values() for row in group)
        key = digest([found, self.plan.sampling_hash, DATA_SET_VERSION])
        path = self.layout.data_sets / f"{key}.h5"
        with contextlib.suppress(FileNotFoundError, DamagedFileError):
            if path.exists():
                return DataSet(key, path, _outline(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._reduce(rows).save(path, str(os.getpid()))
        return DataSet(key, path, _outline(path))

    def _rows(self, points: Sequence[PlannedPoint]) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = defaultdict(list)
        for point in points:
            for replica in range(self.plan.campaign.problem.replicas):
                key = point.physics.replica_key(replica)
                location = self.store.index.find(key, self.plan.sampling_hash)
                if location is not None and location.row.step >= point.total_steps:
                    rows[location.file].append(location.row)
        return rows

    def _reduce(self, rows: dict[str, list[Row]]) -> Profiles:
        """Reduce, sorted by state point, less those with places that are hardly ever visited."""
        from ...analysis.dataset import one_body_dataset
        from ...analysis.one_body import OneBodyFields

        fields = OneBodyFields()
        for name in sorted(rows):
            fields.compute(self.layout.results / name, rows[name])
        profiles = Profiles.from_dataset(one_body_dataset(fields))
        return profiles.select(profiles.usable)
