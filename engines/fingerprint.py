"""What decides the last bits of a trajectory: processor, compiler and library versions."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import llvmlite.binding as llvm
from numba import config

_PACKAGES = ("numba", "llvmlite", "numpy", "torch")


def processor() -> dict[str, str]:
    """Name and features of the processor that numba compiles for."""
    host = config.CPU_NAME in (None, "host")
    name = llvm.get_host_cpu_name() if host else config.CPU_NAME
    features = config.CPU_FEATURES
    if features is None:
        features = llvm.get_host_cpu_features().flatten()
    return {"name": str(name), "features": str(features)}


def versions() -> dict[str, str]:
    """Versions of the packages that do the arithmetic, without importing any of them."""
    return {package: _version(package) for package in _PACKAGES}


@cache
def fingerprint() -> str:
    """Canonical JSON of processor and versions: equal strings promise equal bits."""
    parts = {"processor": processor(), "versions": versions()}
    return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
