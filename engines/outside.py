"""Forces, energies and virial that a function from outside answers, in the place of pairs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import overload

from .arrays import Floats
from .callback import VIRIAL, call, callback_at
from .compiled import jit
from .copying import fill, fill_rows
from .potentials.many_body import ManyBodyCoefficients
from .verlet import Neighbourhood


def comes_from_outside(potential: Any) -> bool:
    """Whether a function answers, and not pairs; known when kernels are compiled."""
    return isinstance(potential, ManyBodyCoefficients)


def ask(potential: Any, hood: Neighbourhood, answer: Floats) -> None:
    """Fill in an answer, (4 N + 6,), for the positions of `verlet.extend`."""
    raise NotImplementedError


def _is_many_body(potential: Any) -> bool:
    return getattr(potential, "instance_class", None) is ManyBodyCoefficients


@overload(comes_from_outside, strict=False)  # type: ignore[untyped-decorator]
def _tell(potential: Any) -> Any:
    answer = _is_many_body(potential)
    return lambda potential: answer  # noqa: ARG005


@overload(ask, strict=False)  # type: ignore[untyped-decorator]
def _choose(potential: Any, hood: Any, answer: Any) -> Any:  # noqa: ARG001
    if not _is_many_body(potential):
        return lambda potential, hood, answer: None  # noqa: ARG005

    def ask_callback(potential: Any, hood: Any, answer: Any) -> None:
        begin, edges = hood.cells.begin, np.array(hood.edges)
        species, particles = begin.size - 1, begin[-1]
        call(potential.address, hood.extended, particles, begin, species, edges, answer)

    return ask_callback


@jit()
def answered(potential: Any, hood: Neighbourhood) -> Floats:
    """Forces, (3, N), energies, (N,), and virial, (6,), one after another."""
    answer = np.empty(4 * hood.cells.begin[-1] + VIRIAL)
    ask(potential, hood, answer)
    return answer


@jit()
def outside_forces(potential: Any, hood: Neighbourhood, forces: Floats) -> None:
    """Write forces from outside, (3, N); zeros if there are none."""
    if not comes_from_outside(potential):
        fill_rows(forces, 0.0)
        return
    answer, n = answered(potential, hood), forces.shape[1]
    for axis in range(3):
        for i in range(n):
            forces[axis, i] = answer[axis * n + i]


@jit()
def outside_energy(potential: Any, hood: Neighbourhood, virial: Floats) -> float:
    """Return the energy from outside, and write the virial, (6,); zeros if there are none."""
    energy = 0.0
    if not comes_from_outside(potential):
        fill(virial, 0.0)
        return energy
    answer, n = answered(potential, hood), hood.cells.begin[-1]
    for i in range(n):
        energy += answer[3 * n + i]
    for component in range(VIRIAL):
        virial[component] = answer[4 * n + component]
    return energy


@jit()
def outside_shares(potential: Any, hood: Neighbourhood, energies: Floats, virials: Floats) -> None:
    """Write energies of particles from outside, (N,), whose virials, (6, N), nobody knows."""
    if not comes_from_outside(potential):
        fill(energies, 0.0)
        fill_rows(virials, 0.0)
        return
    answer, n = answered(potential, hood), energies.size
    for i in range(n):
        energies[i] = answer[3 * n + i]
    fill_rows(virials, math.nan)


def expect_answers(potentials: tuple[Any, ...]) -> None:
    """Raise what a function from outside raised in this thread, as an `EngineError`."""
    if isinstance(potentials[0], ManyBodyCoefficients):
        callback_at(potentials[0].address).expect_answers()
