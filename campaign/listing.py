"""What a campaign consists of, as tables."""

from __future__ import annotations

from typing import Any

from .plan import Plan
from .store import Store


def state_points(plan: Plan, store: Store, quarantined: set[str]) -> list[dict[str, Any]]:
    """One row per state point: parameters and counts of replicas."""
    rows = []
    for point in plan.points:
        keys = [point.physics.replica_key(number) for number in range(plan.replicas_of(point))]
        rows.append(
            {
                "state_point": point.physics.state_point_hash,
                "particles": point.parameters.particles,
                "box_length": point.parameters.box_length,
                "density": point.parameters.density,
                "temperature": point.parameters.temperature,
                "field": point.parameters.field is not None,
                "purpose": str(point.purpose),
                "round": point.round,
                "steps": point.total_steps,
                "done": sum(plan.is_published(key, store) for key in keys),
                "quarantined": sum(key in quarantined for key in keys),
                "replicas": len(keys),
            }
        )
    return rows


def replicas(plan: Plan, store: Store, quarantined: set[str]) -> list[dict[str, Any]]:
    """One row per replica: key, state point, index, state, durable steps and file."""
    rows = []
    for key, (point, replica) in plan.wanted.items():
        location = store.index.find(key, plan.sampling_hash)
        published = plan.is_published(key, store)
        state = "published" if published else "quarantined" if key in quarantined else "pending"
        rows.append(
            {
                "key": key,
                "state_point": point.physics.state_point_hash,
                "replica": replica,
                "state": state,
                "steps": store.steps_done(key, plan.sampling_hash),
                "of": point.total_steps,
                "file": location.file if location else None,
            }
        )
    return rows
