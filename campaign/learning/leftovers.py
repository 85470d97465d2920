"""Removing what trainings leave behind; only while no worker runs any."""

from __future__ import annotations

import shutil

from ...engines.durable import TEMPORARY_SUFFIX
from ..layout import Layout


def remove_leftovers(layout: Layout) -> None:
    """Delete half-written files, what ended tries were told and logged, and spent checkpoints."""
    for directory in (layout.data_sets, layout.models, layout.explored, layout.training):
        for path in directory.glob(f".*{TEMPORARY_SUFFIX}"):
            path.unlink(missing_ok=True)
    trained = {path.stem for path in layout.models.glob("*.json")}
    for path in layout.training.glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.split(".")[0] in trained:
            path.unlink(missing_ok=True)
