"""Copies by plain loops: numba takes seconds to compile each assignment to a slice."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from .compiled import jit


@jit()
def copy_rows(source: NDArray[Any], target: NDArray[Any]) -> None:
    """Copy an array of two dimensions into another."""
    for row in range(source.shape[0]):
        for column in range(source.shape[1]):
            target[row, column] = source[row, column]


@jit()
def add_rows(first: NDArray[Any], second: NDArray[Any], target: NDArray[Any]) -> None:
    """Write the sum of two arrays of two dimensions."""
    for row in range(first.shape[0]):
        for column in range(first.shape[1]):
            target[row, column] = first[row, column] + second[row, column]


@jit()
def add_scaled(
    first: NDArray[Any], scale: float, second: NDArray[Any], target: NDArray[Any]
) -> None:
    """Write the sum of an array of two dimensions and of another one times a number."""
    for row in range(first.shape[0]):
        for column in range(first.shape[1]):
            target[row, column] = first[row, column] + scale * second[row, column]


@jit()
def copy_words(source: NDArray[Any], target: NDArray[Any]) -> None:
    """Copy an array of one dimension into another."""
    for i in range(source.size):
        target[i] = source[i]


@jit()
def fill_rows(target: NDArray[Any], value: float) -> None:
    """Set all elements of an array of two dimensions."""
    for row in range(target.shape[0]):
        for column in range(target.shape[1]):
            target[row, column] = value


@jit()
def fill(target: NDArray[Any], value: float) -> None:
    """Set all elements of an array of one dimension."""
    for i in range(target.size):
        target[i] = value
