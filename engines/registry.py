"""The engines by name."""

from __future__ import annotations

from .brownian.engine import BrownianEngine
from .engine import Engine

ENGINES: dict[str, type[Engine]] = {BrownianEngine.name: BrownianEngine}
