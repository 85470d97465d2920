"""Data sets: reductions of published ensembles, as profiles that committees learn from."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ...engines.canonical import digest
from ...engines.ensemble import Row
from ...engines.seal import DamagedFileError
from ...ml.profiles import Profiles
from ..layout import Layout
from ..plan import Plan, PlannedPoint
from ..store import Store

DATA_SET_VERSION = 1

_load = lru_cache(maxsize=8)(Profiles.load)
"""The name of a data set's file is a hash of what is in it."""


@dataclass(frozen=True)
class DataSet:
    """Profiles under the key of all that went into them."""

    key: str
    profiles: Profiles


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
        keys = sorted(row.key for group in rows.values() for row in group)
        key = digest([keys, self.plan.sampling, DATA_SET_VERSION])
        path = self.layout.data_sets / f"{key}.h5"
        try:
            return DataSet(key, _load(path))
        except (FileNotFoundError, DamagedFileError):
            profiles = self._reduce(rows, points)
            path.parent.mkdir(parents=True, exist_ok=True)
            profiles.save(path, str(os.getpid()))
            return DataSet(key, profiles)

    def _rows(self, points: Sequence[PlannedPoint]) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = defaultdict(list)
        for point in points:
            for replica in range(self.plan.campaign.problem.replicas):
                key = point.physics.replica_key(replica)
                location = self.store.index.find(key, self.plan.sampling_hash)
                if location is not None and location.row.step >= point.total_steps:
                    rows[location.file].append(location.row)
        return rows

    def _reduce(self, rows: dict[str, list[Row]], points: Sequence[PlannedPoint]) -> Profiles:
        """Reduce in the order of the points, less those with places that are hardly visited."""
        from ...analysis.dataset import one_body_dataset
        from ...analysis.one_body import OneBodyFields

        fields = OneBodyFields()
        for name in sorted(rows):
            fields.compute(self.layout.results / name, rows[name])
        profiles = Profiles.from_dataset(one_body_dataset(fields))
        rank = {point.physics.state_point_hash: number for number, point in enumerate(points)}
        order = sorted(range(len(profiles.names)), key=lambda row: rank[profiles.names[row]])
        usable = profiles.usable
        return profiles.select([row for row in order if usable[row]])
