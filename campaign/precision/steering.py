"""Adds replicas to each state point until its standard error meets the target.

Like the loop of learning it looks at files and journal, and may be called at any time by any
generation of the manager: what is decided is in the journal, what is measured is in the files.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...engines.seal import DamagedFileError
from ..index import Location
from ..plan import PlannedPoint
from ..simulations import Simulations
from ..spec import Precision
from ..tasks import AnyTask
from .decision import Decision, decide, decision_on, ensemble_of
from .measurement import Measurement, measure


@dataclass
class PrecisionTarget:
    """Steers a campaign with a [precision] table.

    Attributes
    ----------
    simulations
        Its plan grows with every decision.
    precision
        The table.
    say
        Told what was decided.
    """

    simulations: Simulations
    precision: Precision
    say: Callable[[str], None]

    waits: bool = False
    _open: dict[str, PlannedPoint] = field(init=False)
    _settled: Counter[str] = field(default_factory=Counter)
    _keys: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        points = self.simulations.plan.points
        self._open = {p.physics.state_point_hash: p for p in points if not self._is_done(p)}

    @property
    def is_active(self) -> bool:
        """Whether any state point is still to be decided on."""
        return bool(self._open)

    def next_tasks(self) -> Sequence[AnyTask]:
        """Make every decision that is due; all that follows are replicas of the plan."""
        plan = self.simulations.plan
        extents, added = {}, 0
        for name, point in list(self._open.items()):
            replicas = self._follow(name, point)
            if replicas > plan.replicas_of(point):
                extents[name] = replicas
                added += replicas - plan.replicas_of(point)
        if extents:
            self.simulations.plan = plan.extended(extents)
            points = f"{len(extents)} of {len(plan.points)} state points"
            self.say(f"precision: {added} replicas added at {points}")
        return []

    def _follow(self, name: str, point: PlannedPoint) -> int:
        """Decide on a state point while its replicas are there; return how many it is to have."""
        replicas = self.simulations.plan.replicas_of(point)
        while name in self._open and self._is_settled(name, point, replicas):
            found = self._measure(point, replicas)
            if found is None:
                break
            decision = self._decide(point, replicas, found)
            replicas = decision.wanted
            if decision.is_final:
                del self._open[name]
        return replicas

    def _decide(self, point: PlannedPoint, replicas: int, found: Measurement) -> Decision:
        """Decide and write it down; replicas that are there already cost nothing and are taken."""
        s = self.simulations
        earlier = decision_on(s.plan, point, s.journal.state.decisions)
        decision = decide(self.precision, ensemble_of(s.plan, point), replicas, found, earlier)
        wanted = decision.wanted
        while self._location(point, wanted) is not None:
            wanted += 1
        decision = replace(decision, wanted=wanted)
        s.journal.record("decided", decision=decision.as_document())
        return decision

    def _measure(self, point: PlannedPoint, replicas: int) -> Measurement | None:
        """Reduce what is published; None if a file of it is damaged, and to be made again."""
        store, published = self.simulations.store, self._published(point, replicas)
        try:
            return measure(self.simulations.layout.results, published, self.precision.quantity)
        except DamagedFileError as error:
            store.set_aside(error.path, error.reason)
        except FileNotFoundError as error:
            store.index.discard(Path(error.filename).name)
        self._settled.clear()
        return None

    def _is_done(self, point: PlannedPoint) -> bool:
        """Whether the last decision is final, and all that it was made from is still there."""
        s, replicas = self.simulations, self.simulations.plan.replicas_of(point)
        decision = decision_on(s.plan, point, s.journal.state.decisions)
        return (
            decision is not None
            and decision.answers(self.precision)
            and decision.is_final
            and decision.replicas == replicas
            and self._is_settled(point.physics.state_point_hash, point, replicas)
            and decision.used == len(self._published(point, replicas))
        )

    def _is_settled(self, name: str, point: PlannedPoint, replicas: int) -> bool:
        """Whether all replicas are published or in quarantine; goes on where it got stuck last."""
        quarantined = self.simulations.journal.state.quarantined
        first = self._settled[name]
        while first < replicas and (
            self._location(point, first) is not None or self._key(point, first) in quarantined
        ):
            first += 1
        self._settled[name] = first
        return first >= replicas

    def _published(self, point: PlannedPoint, replicas: int) -> list[Location]:
        found = (self._location(point, replica) for replica in range(replicas))
        return [location for location in found if location is not None]

    def _location(self, point: PlannedPoint, replica: int) -> Location | None:
        """Where a replica is published at its full length."""
        sampling = self.simulations.plan.sampling_hash
        found = self.simulations.store.index.find(self._key(point, replica), sampling)
        return found if found is not None and found.row.step >= point.total_steps else None

    def _key(self, point: PlannedPoint, replica: int) -> str:
        """Key of a replica; hashing again and again would take longer than all else."""
        keys = self._keys[point.physics.state_point_hash]
        while len(keys) <= replica:
            keys.append(point.physics.replica_key(len(keys)))
        return keys[replica]
