"""The engines by name."""

from __future__ import annotations

from .adaptive.engine import AdaptiveEngine
from .brownian.engine import BrownianEngine
from .molecular.engine import MolecularEngine
from .staged import StagedEngine

ENGINES: dict[str, type[StagedEngine]] = {
    engine.name: engine for engine in (BrownianEngine, AdaptiveEngine, MolecularEngine)
}
