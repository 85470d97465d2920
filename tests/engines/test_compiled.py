import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = """
import sys
from perrin.engines.compiled import cache_folder, compiled_for
from perrin.engines.potentials.ideal import Ideal
from perrin.engines.potentials.lennard_jones import LennardJones
from perrin.engines.potentials.pair import pair

def total(potentials, n):
    sum_ = 0.0
    for i in range(n):
        sum_ += pair(potentials[0], 1.0 + i)[1]
    return sum_

for name in sys.argv[1:]:
    potential = {"ideal": Ideal, "lennard-jones": LennardJones}[name](kind=name)
    kernel = compiled_for(total, potential.table(1))
    value = kernel(potential.table(1), 3)
    print(name, round(value, 6), sum(kernel.stats.cache_hits.values()))
print(cache_folder())
"""
IDEAL, LENNARD_JONES = "ideal 0.0", "lennard-jones -0.580161"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "total.py"
    path.write_text(MODULE)
    return path


def start(module: Path, *names: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(module.parent / "cache")}
    command = [sys.executable, str(module), *names]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def output(process: "subprocess.Popen[str]") -> list[str]:
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out.splitlines()


def test_kernels_are_kept_between_processes(module: Path) -> None:
    names = ("ideal", "lennard-jones")
    first, second = (output(start(module, *names)) for _ in range(2))
    assert first[:2] == [f"{IDEAL} 0", f"{LENNARD_JONES} 0"]
    assert second[:2] == [f"{IDEAL} 1", f"{LENNARD_JONES} 1"]
    assert Path(first[2]).parent == module.parent / "cache"


def test_processes_may_compile_at_once(module: Path) -> None:
    both = [start(module, "ideal"), start(module, "lennard-jones")]
    assert [output(process)[0] for process in both] == [f"{IDEAL} 0", f"{LENNARD_JONES} 0"]
    # An index with one signature each: nothing that two processes could both append to.
    assert len(list((module.parent / "cache").rglob("*.nbi"))) == 2


def test_a_folder_that_cannot_be_written_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code = "from perrin.engines.compiled import cache_folder; print(cache_folder())"
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(tmp_path / "file"),
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert Path(out.stdout.strip()).parent == tmp_path


def test_other_packages_keep_their_cache(tmp_path: Path) -> None:
    code = "import numba, perrin.engines.registry; print(numba.config.CACHE_DIR)"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == str(tmp_path)
