"""Numbers side by side give what loops give, on processors with and without AVX-512."""

import os
import subprocess
import sys

import numpy as np
import pytest

from perrin.engines import lanes as module
from perrin.engines.arrays import make_rows
from perrin.engines.compiled import jit
from perrin.engines.lanes import LANES, append_below, gather_rows, load, spread, total
from perrin.engines.potentials.lennard_jones import LennardJonesCoefficients
from perrin.engines.potentials.pair import pair, pair_of_lanes

RNG = np.random.default_rng(3)


@jit()
def sums_of_rows(rows, indices, out):
    x, y, z = gather_rows(rows, indices, 8)
    out[0], out[1], out[2] = total(x), total(y), total(z)
    out[3] = total((x + y - spread(2.0)) * z)


def test_rows_are_gathered_and_reckoned_with():
    rows, indices = make_rows(50), RNG.permutation(50)[:16].astype(np.uint32)
    rows[:] = RNG.normal(size=rows.shape)
    out = np.zeros(4)
    sums_of_rows(rows, indices, out)
    x, y, z, _ = rows[indices[8:]].T
    expected = [x.sum(), y.sum(), z.sum(), ((x + y - 2) * z).sum()]
    assert out == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("length", [1, 7, 1000])
def test_no_row_lies_in_two_cache_lines(length):
    rows = make_rows(length)
    assert rows.shape == (length, 4)
    assert rows.flags.c_contiguous
    assert rows.ctypes.data % 64 == 0
    assert not rows.any()


@jit()
def sums_of_pairs(coefficients, r2, out):
    force_over_r, energy = pair_of_lanes(coefficients, load(r2, 0))
    out[0], out[1] = total(force_over_r), total(energy)


def test_pairs_side_by_side_are_pairs_one_by_one():
    coefficients, out = LennardJonesCoefficients(6.25), np.zeros(2)
    r2 = np.linspace(0.9, 8.0, LANES)
    sums_of_pairs(coefficients, r2, out)
    expected = np.sum([pair(coefficients, square) for square in r2], axis=0)
    assert out == pytest.approx(expected, rel=1e-13)


@jit()
def append_all(values, limit, chosen, out, end):
    for k in range(0, values.size, 8):
        end = append_below(load(values, k), limit, chosen, k, out, end)
    return end


@pytest.mark.parametrize("in_turn", [False, True])
def test_what_is_below_is_appended_in_order(monkeypatch, in_turn):
    if in_turn:
        monkeypatch.setattr(module, "_compresses", lambda _context: False)
    append = jit()(append_all.py_func)
    values = RNG.uniform(size=400)
    values[8:16], values[16:24], values[24] = 0.0, 1.0, np.nan
    chosen = RNG.permutation(400).astype(np.uint32)
    out = np.zeros(420, dtype=np.uint32)
    end = append(values, 0.4, chosen, out, 5)
    expected = chosen[values < 0.4]
    assert end == 5 + expected.size
    assert np.array_equal(out[5:end], expected)
    assert not out[:5].any()
    assert not out[end + LANES - 1 :].any()


@pytest.mark.parametrize("processor", ["x86-64", "haswell"])
def test_older_processors_run_the_same_code(processor, tmp_path):
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("it needs a processor of this kind")
    test = f"{__file__}::test_what_is_below_is_appended_in_order"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    chosen = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": tmp_path}
    environment = {**os.environ, **{name: str(value) for name, value in chosen.items()}}
    tests = [test, f"{__file__}::test_pairs_side_by_side_are_pairs_one_by_one"]
    ended = subprocess.run([*command, *tests], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
