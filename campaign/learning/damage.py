"""Files of learning that are not as they were written."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ...engines.seal import DamagedFileError
from ..layout import Layout
from ..store import Store


def set_aside(store: Store, path: Path, reason: str) -> None:
    """Move a damaged file out of the way; of a trained member the tensors, which say it all."""
    if path.parent == store.layout.models:
        path.with_suffix(".json").unlink(missing_ok=True)
        path = path.with_suffix(".safetensors")
    with contextlib.suppress(FileNotFoundError):
        store.set_aside(path, reason)


def verify(store: Store) -> tuple[int, list[DamagedFileError]]:
    """Check every file that learning made: how many there are, and those that were set aside."""
    found = [*_members(store.layout), *_data_sets(store.layout), *_explorations(store.layout)]
    failures = []
    for path in found:
        try:
            _check(path)
        except DamagedFileError as error:
            set_aside(store, path, error.reason)
            failures.append(error)
    return len(found), failures


def _members(layout: Layout) -> list[Path]:
    return sorted(layout.models.glob("[!.]*.json"))


def _data_sets(layout: Layout) -> list[Path]:
    return sorted(layout.data_sets.glob("[!.]*.h5"))


def _explorations(layout: Layout) -> list[Path]:
    return sorted(layout.explored.glob("[!.]*.npz"))


def _check(path: Path) -> None:
    from ...ml.exploration import load
    from ...ml.profiles import Profiles
    from ...ml.trained import load_trained

    match path.suffix:
        case ".json":
            load_trained(path)
        case ".h5":
            Profiles.load(path)
        case _:
            load(path)
