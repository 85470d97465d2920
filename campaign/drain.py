"""The drain flag: a request to checkpoint and leave, which workers poll."""

from __future__ import annotations

from pathlib import Path

from .lease import newest_generation


def _flag(directory: Path, generation: int) -> Path:
    return directory / f"{generation:06d}.drain"


def request_drain(directory: Path, generation: int) -> None:
    """Ask the manager of `generation` and its workers to checkpoint and leave."""
    _flag(directory, generation).touch()


def drain_requested(directory: Path, generation: int) -> bool:
    """Whether a try or manager of `generation` should leave."""
    return _flag(directory, generation).exists() or newest_generation(directory) > generation
