"""What every Dask cluster is set to: perrin retries by itself, and workers compute undisturbed."""

from __future__ import annotations

from types import MappingProxyType

SCHEDULER = MappingProxyType({"distributed.scheduler.allowed-failures": 0})

QUIET = MappingProxyType(
    {
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
    }
)
"""No sampling of the stacks of tasks, and few wake-ups: they take core time from simulations."""


def environment_variables() -> dict[str, str]:
    """`QUIET` for processes that read their settings from the environment."""
    return {_variable(name): str(value) for name, value in QUIET.items()}


def _variable(name: str) -> str:
    return "DASK_" + name.replace(".", "__").replace("-", "_").upper()
