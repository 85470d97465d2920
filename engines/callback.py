"""Calls from kernels back to Python, for forces that come from outside.

A kernel passes the address of an answer to fill in. What the function raises cannot pass through a
kernel: it is kept, forces are made no numbers, and the engine raises it when the kernel returns.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from .arrays import ROW, Floats, Integers
from .engine import EngineError
from .user_code import defined

VIRIAL = 6
"""Components of the virial at the end of an answer."""

SIGNATURE = "forces(p, positions, species, edges)"
_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_int64
_CALLER = ctypes.CFUNCTYPE(None, _POINTER, _SIZE, _POINTER, _SIZE, _POINTER, _POINTER)


class Callback:
    """A function of users that kernels can call.

    Attributes
    ----------
    address
        Of its caller, for `call`.
    """

    def __init__(self, function: Callable[..., Any], parameters: tuple[float, ...]) -> None:
        self._function, self._parameters = function, parameters
        self._failures = threading.local()
        self._caller = _CALLER(self._answer)
        self.address: int = ctypes.cast(self._caller, ctypes.c_void_p).value or 0

    def expect_answers(self) -> None:
        """Raise what the function raised in this thread since this was last asked.

        Raises
        ------
        EngineError
            The function raised an error, or returned something else than it should.
        """
        failure: Exception | None = getattr(self._failures, "last", None)
        self._failures.last = None
        if failure is not None:
            message = f"{SIGNATURE}: {type(failure).__name__}: {failure}"
            raise EngineError(message) from failure

    def _answer(
        self, rows: int, particles: int, begin: int, species: int, edges: int, answer: int
    ) -> None:
        """Fill in forces, (3, N), energies, (N,), and virial, (6,); see `ManyBody.code`."""
        answered = _array(answer, 4 * particles + VIRIAL)
        try:
            positions = _array(rows, ROW * particles).reshape(particles, ROW)[:, :3].copy()
            counts = np.diff(_integers(begin, species + 1))
            given = positions, np.repeat(np.arange(species), counts), _array(edges, 3).copy()
            answered[:] = _flat(self._function(self._parameters, *given), particles)
        except Exception as error:
            self._failures.last = error
            answered[:] = np.nan


def _array(address: int, size: int) -> Floats:
    return np.ctypeslib.as_array((ctypes.c_double * size).from_address(address))


def _integers(address: int, size: int) -> Integers:
    return np.ctypeslib.as_array((ctypes.c_int64 * size).from_address(address))


def _flat(answer: Any, particles: int) -> Floats:
    """Forces, (3, N), energies, (N,), and virial, (6,), one after another."""
    if not isinstance(answer, tuple) or len(answer) != 3:
        raise TypeError(f"it returned {type(answer).__name__}, not forces, energies and virial")
    forces, energies, virial = answer
    parts: list[NDArray[Any]] = [
        _shaped("forces", forces, (particles, 3)).T.ravel(),
        _shaped("energies", energies, (particles,)),
        np.full(VIRIAL, np.nan) if virial is None else _shaped("virial", virial, (VIRIAL,)),
    ]
    return np.concatenate(parts)


def _shaped(name: str, values: Any, shape: tuple[int, ...]) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} have shape {array.shape}, not {shape}")
    return array


@cache
def callback_of(code: str, parameters: tuple[float, ...]) -> Callback:
    """Run code once in this process; later calls return the same callback."""
    callback = Callback(defined(code, "forces", SIGNATURE), parameters)
    _callbacks[callback.address] = callback
    return callback


_callbacks: dict[int, Callback] = {}


def callback_at(address: int) -> Callback:
    """The callback of an address that kernels know."""
    return _callbacks[address]


@intrinsic  # type: ignore[untyped-decorator]
def call(
    _context: Any,
    address: Any,
    rows: Any,
    particles: Any,
    begin: Any,
    species: Any,
    edges: Any,
    answer: Any,
) -> Any:
    """Have the callback at an address fill in an answer, (4 N + 6,), for the first N of rows."""
    signature = types.void(address, rows, particles, begin, species, edges, answer)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        given = [
            builder.bitcast(context.make_array(kind)(context, builder, value).data, pointer)
            if isinstance(kind, types.Array)
            else value
            for kind, value in zip(signature.args[1:], arguments[1:], strict=True)
        ]
        kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), given)
        return context.get_dummy_value()

    return signature, generate
