"""A force written by the user: a few lines of Python in the campaign file, compiled by numba."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, Self

import numpy as np
from numba.core.errors import NumbaError
from pydantic import FiniteFloat, model_validator

from ..box import Box
from ..compiled import jit
from ..user_code import called, defined
from .local import LocalField
from .local_force import LocalForce, make_local_force

GRID = 17
"""Positions along each axis at which the largest force is looked for."""


class FunctionField(LocalField):
    """A force as code. It is part of what identifies a state point, and travels with it.

    The code runs with the rights of whoever runs the campaign: treat campaign files as programs.
    """

    kind: Literal["function"]
    """Which field this is."""

    code: str
    """Defines `force(p, t, x, y, z)`, which returns three numbers, epsilon/sigma: `p` are the
    parameters, `t` is the time since the field was switched on, tau, and x, y, z are in the box,
    sigma. `math` and `np` are there. In two dimensions z is zero, and so is the force along it."""

    parameters: tuple[FiniteFloat, ...] = ()
    """What the function is given as `p`: other numbers need no other compilation."""

    @model_validator(mode="after")
    def _works(self) -> Self:
        function, numbers = _defined(self.code), np.array(self.parameters)
        force = called(function, numbers, 0.0, 0.0, 0.0, 0.0)
        if np.shape(force) != (3,) or not np.isfinite(force).all():
            raise ValueError(f"code: force(p, 0, 0, 0, 0) is {force}, not three finite numbers")
        try:
            make_local_force(_compiled(self.code), self.parameters)
        except NumbaError as error:
            reason = " ".join(str(error).split())[:300]
            raise ValueError(f"code: numba cannot compile it: {reason}") from error
        return self

    def local_force(self, box: Box) -> LocalForce:
        """Compile the function."""
        del box
        return make_local_force(_compiled(self.code), self.parameters)

    def largest_force(self, box: Box) -> float:
        """Largest of the forces on a grid over the box when the field is switched on.

        Places where there is no force, such as a pole, are left out.
        """
        function, numbers = _defined(self.code), np.array(self.parameters)
        axes = [np.linspace(0, edge, GRID, endpoint=False) for edge in box.edges[: box.dimensions]]
        points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, box.dimensions)
        if box.dimensions == 2:
            points = np.column_stack([points, np.zeros(len(points))])
        largest = 0.0
        for point in points.tolist():
            with contextlib.suppress(ArithmeticError, ValueError):
                largest = max(largest, math.hypot(*function(numbers, 0.0, *point)))
        return largest


def _defined(code: str) -> Callable[..., tuple[float, float, float]]:
    return defined(code, "force", "force(p, t, x, y, z)")


@cache
def _compiled(code: str) -> Any:
    """Compile the function once in every process."""
    return jit()(_defined(code))
