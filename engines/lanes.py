"""Numbers that a processor computes side by side: what numba has no word for.

Loops over neighbours spend most of their time fetching coordinates one by one. Here eight rows of
coordinates are loaded whole and transposed in registers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from .arrays import ROW
from .compiled import FASTMATH

LANES = 8
"""Numbers side by side; processors whose registers hold fewer take several."""

_NUMBER, _INDEX, _PLACE = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_VECTOR, _QUARTET = ir.VectorType(_NUMBER, LANES), ir.VectorType(_NUMBER, ROW)
_FLAGS = tuple(sorted(FASTMATH))


class Lanes(types.Type):  # type: ignore[misc]
    """The type of eight numbers side by side."""

    def __init__(self) -> None:
        super().__init__("Lanes")


lanes = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _shuffled(builder: Any, a: Any, b: Any, places: Sequence[int]) -> Any:
    mask = ir.Constant(ir.VectorType(_PLACE, len(places)), [_PLACE(place) for place in places])
    return builder.shuffle_vector(a, b, mask)


@intrinsic  # type: ignore[untyped-decorator]
def spread(_context: Any, _number: Any) -> Any:
    """Lanes that all hold one number."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, arguments[0], _PLACE(0))
        return _shuffled(builder, first, undefined, [0] * LANES)

    return lanes(types.float64), generate


@intrinsic  # type: ignore[untyped-decorator]
def total(_context: Any, numbers: Any) -> Any:
    """Sum over lanes, in one order on every machine."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        (sums,) = arguments
        for distance in (4, 2, 1):
            places = [lane ^ distance for lane in range(LANES)]
            sums = builder.fadd(sums, _shuffled(builder, sums, sums, places))
        return builder.extract_element(sums, _PLACE(0))

    return types.float64(numbers), generate


@intrinsic  # type: ignore[untyped-decorator]
def gather_rows(_context: Any, rows: Any, indices: Any, first: Any) -> Any:
    """Coordinates x, y and z, each as lanes, of rows indices[first], ..., indices[first + 7].

    `rows` is (..., 4), `indices` flat, both contiguous; rows on 32-byte boundaries load fastest.
    """
    signature = types.UniTuple(lanes, 3)(rows, indices, first)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data, numbers = (
            context.make_array(kind)(context, builder, array).data
            for kind, array in zip(signature.args[:2], arguments[:2], strict=True)
        )
        loaded = []
        for lane in range(LANES):
            place = builder.add(arguments[2], _INDEX(lane))
            row = builder.zext(builder.load(builder.gep(numbers, [place])), _INDEX)
            address = builder.gep(data, [builder.mul(row, _INDEX(ROW))])
            pointer = builder.bitcast(address, _QUARTET.as_pointer())
            loaded.append(builder.load(pointer, align=8))
        return context.make_tuple(builder, signature.return_type, _transposed(builder, loaded))

    return signature, generate


def _transposed(builder: Any, rows: list[Any]) -> tuple[Any, Any, Any]:
    """Turn eight rows (x, y, z, _) into lanes of x, of y and of z."""
    a, b, c, d = (_shuffled(builder, rows[k], rows[k + 4], range(8)) for k in range(4))
    even, odd = (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)
    xz_ab, xz_cd = _shuffled(builder, a, b, even), _shuffled(builder, c, d, even)
    y_ab, y_cd = _shuffled(builder, a, b, odd), _shuffled(builder, c, d, odd)
    low, high = (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)
    return (
        _shuffled(builder, xz_ab, xz_cd, low),
        _shuffled(builder, y_ab, y_cd, low),
        _shuffled(builder, xz_ab, xz_cd, high),
    )


def _define(operation: Callable[..., Any], name: str) -> None:
    """Give lanes an operator, which rounds as loops compiled with fastmath do."""

    @intrinsic  # type: ignore[untyped-decorator]
    def compute(_context: Any, a: Any, b: Any) -> Any:
        def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return getattr(builder, name)(*arguments, flags=_FLAGS)

        return lanes(a, b), generate

    @overload(operation, strict=False)  # type: ignore[untyped-decorator]
    def choose(a: Any, b: Any) -> Any:
        if isinstance(a, Lanes) and isinstance(b, Lanes):
            return lambda a, b: compute(a, b)  # noqa: PLW0108 - numba inspects it
        return None


_define(operator.add, "fadd")
_define(operator.iadd, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")


def on_each(
    builder: Any, numbers: Any, function: Callable[[Any], Sequence[Any]], results: int
) -> list[Any]:
    """Emit a function of one number for all lanes: a loop that LLVM is told to vectorise.

    Parameters
    ----------
    numbers
        Lanes.
    function
        Emits the function of a number; returns as many numbers as `results` says.
    """
    places = [cgutils.alloca_once(builder, _VECTOR) for _ in range(1 + results)]
    given, *taken = (builder.bitcast(place, _NUMBER.as_pointer()) for place in places)
    builder.store(numbers, places[0])
    before, body = builder.block, builder.append_basic_block("lane")
    after = builder.append_basic_block("lanes")
    builder.branch(body)
    builder.position_at_end(body)
    lane = builder.phi(_INDEX)
    computed = function(builder.load(builder.gep(given, [lane])))
    for place, number in zip(taken, computed, strict=True):
        builder.store(number, builder.gep(place, [lane]))
    following = builder.add(lane, _INDEX(1), flags=("nuw", "nsw"))
    lane.add_incoming(_INDEX(0), before)
    lane.add_incoming(following, builder.block)
    is_last = builder.icmp_unsigned("==", following, _INDEX(LANES))
    builder.cbranch(is_last, after, body).set_metadata("llvm.loop", _hints(builder.module))
    builder.position_at_end(after)
    return [builder.load(place) for place in places[1:]]


def _hints(module: Any) -> Any:
    """Metadata of a loop that is to be vectorised, and not to be unrolled before.

    The first operand is the node itself, which makes it one of a kind.
    """
    hints = [
        module.add_metadata(["llvm.loop.unroll.disable"]),
        module.add_metadata(["llvm.loop.vectorize.enable", ir.IntType(1)(1)]),
        module.add_metadata(["llvm.loop.vectorize.width", _PLACE(LANES)]),
        module.add_metadata(["llvm.loop.interleave.count", _PLACE(1)]),
    ]
    node = module.add_metadata([f"loop {len(module.metadata)}", *hints])
    node.operands = (node, *hints)
    return node


@intrinsic  # type: ignore[untyped-decorator]
def load(_context: Any, numbers: Any, first: Any) -> Any:
    """Lanes of numbers[first], ..., numbers[first + 7] of a flat, contiguous array."""
    signature = lanes(numbers, first)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(pointer, _VECTOR.as_pointer()), align=8)

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def append_below(
    _context: Any, values: Any, limit: Any, chosen: Any, first: Any, out: Any, end: Any
) -> Any:
    """Append those of chosen[first], ..., chosen[first + 7] whose value in a lane is below a limit.

    They are written to `out` from `end` on; what lies within seven places behind them is
    overwritten. Returns the new end.
    """
    signature = types.int64(values, limit, chosen, first, out, end)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, limit, chosen, first, out, end = arguments
        source = context.make_array(signature.args[2])(context, builder, chosen).data
        target = context.make_array(signature.args[4])(context, builder, out).data
        bound = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), limit, _PLACE(0))
        is_below = builder.fcmp_ordered("<", values, _shuffled(builder, bound, bound, [0] * LANES))
        emit = _append_at_once if _compresses(context) else _append_in_turn
        return emit(builder, is_below, builder.gep(source, [first]), target, end)

    return signature, generate


def _compresses(context: Any) -> bool:
    """Whether the processor moves chosen numbers together by one instruction."""
    _, _, features = context.codegen().magic_tuple()
    return {"+avx512f", "+avx512vl"} <= set(features.split(","))


def _append_at_once(builder: Any, is_chosen: Any, source: Any, target: Any, end: Any) -> Any:
    indices, bits = ir.VectorType(_PLACE, LANES), ir.IntType(LANES)
    kind = ir.FunctionType(indices, [indices, indices, is_chosen.type])
    name = f"llvm.x86.avx512.mask.compress.v{LANES}i32"
    compress = cgutils.get_or_insert_function(builder.module, kind, name)
    loaded = builder.load(builder.bitcast(source, indices.as_pointer()), align=4)
    together = builder.call(compress, [loaded, ir.Constant(indices, None), is_chosen])
    pointer = builder.bitcast(builder.gep(target, [end]), indices.as_pointer())
    builder.store(together, pointer, align=4)
    number = builder.ctpop(builder.bitcast(is_chosen, bits))
    return builder.add(end, builder.zext(number, _INDEX))


def _append_in_turn(builder: Any, is_chosen: Any, source: Any, target: Any, end: Any) -> Any:
    """Write each, and advance the end past the chosen ones only: no branch to miss."""
    for lane in range(LANES):
        index = builder.load(builder.gep(source, [_INDEX(lane)]))
        builder.store(index, builder.gep(target, [end]))
        chosen = builder.extract_element(is_chosen, _PLACE(lane))
        end = builder.add(end, builder.zext(chosen, _INDEX))
    return end
