"""How a kernel finds the pair function of a potential: by the type of its coefficients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import types
from numba.extending import intrinsic, overload

from ..compiled import FASTMATH
from ..lanes import lanes, on_each

Function = TypeVar("Function", bound=Callable[..., Any])

_FUNCTIONS: dict[type, Callable[[Any, float], tuple[float, float]]] = {}


def pair(coefficients: Any, r2: float) -> tuple[float, float]:
    """Evaluate a pair potential; in kernels the call is replaced by the function itself.

    Parameters
    ----------
    coefficients
        The named tuple of numbers that `Potential.coefficients` returns.
    r2
        Squared distance, sigma^2.

    Returns
    -------
    force_over_r
        -phi'(r)/r, epsilon/sigma^2; zero beyond the cut-off.
    energy
        phi(r), epsilon; zero beyond the cut-off.
    """
    return _FUNCTIONS[type(coefficients)](coefficients, r2)


def pair_function(coefficients: type) -> Callable[[Function], Function]:
    """Register the decorated function as `pair` for this type of coefficients.

    The type of the coefficients, and not a function object, tells potentials apart: numba keys
    its cache on disk by types, while function objects never compare equal across processes.
    Choose values by `a if condition else b` with both sides computed, so that loops vectorise.
    """

    def register(function: Function) -> Function:
        _FUNCTIONS[coefficients] = function

        def choose(coefficients_: Any, r2: Any) -> Function | None:  # noqa: ARG001
            matches = getattr(coefficients_, "instance_class", None) is coefficients
            return function if matches else None

        options = {"fastmath": FASTMATH, "error_model": "numpy"}
        overload(pair, jit_options=options, strict=False)(choose)
        return function

    return register


@intrinsic  # type: ignore[untyped-decorator]
def pair_of_lanes(context: Any, coefficients: Any, _r2: Any) -> Any:
    """Evaluate a pair potential at lanes of squared distances; see `pair`."""
    function = context.resolve_value_type(pair)
    of_one = function.get_call_type(context, (coefficients, types.float64), {})

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        numbers, squares = arguments
        evaluate = context.get_function(function, of_one)

        def of_lane(square: Any) -> list[Any]:
            results = evaluate(builder, (numbers, square))
            return [builder.extract_value(results, k) for k in range(2)]

        results = on_each(builder, squares, of_lane, 2)
        return context.make_tuple(builder, signature.return_type, results)

    return types.UniTuple(lanes, 2)(coefficients, lanes), generate
