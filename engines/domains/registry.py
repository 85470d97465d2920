"""Engines that can cut their systems into domains."""

from .brownian import DecomposedBrownian
from .decomposed import Decomposed
from .molecular import DecomposedMolecular

DECOMPOSED: dict[str, type[Decomposed]] = {
    engine.name: engine for engine in (DecomposedBrownian, DecomposedMolecular)
}
