"""Asking for memory before it is needed: what numba has no word for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

AHEAD = 1024
"""How many neighbours in advance lists are loaded: those of some ten particles."""

SOON = 384
"""How many neighbours in advance positions are: of two in eight, who share lines with the rest."""

READ, KEEP_SHORTLY, DATA = 0, 2, 1


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_context: Any, array: Any, index: Any) -> Any:
    """Begin to load element `index` of a flat array, which need not exist, into the caches.

    Processors notice by themselves that memory is read in order, but not from page to page.
    """
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        byte_pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte_pointer, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        address = builder.bitcast(builder.gep(data, [arguments[1]]), byte_pointer)
        builder.call(function, [address, number(READ), number(KEEP_SHORTLY), number(DATA)])
        return context.get_dummy_value()

    return signature, generate
