"""Advance one replica on all processes: ``mpiexec -n 2 python -m ...program ORDER RESULT``."""

import json
import sys
import traceback
from pathlib import Path

import numpy as np

from perrin.engines.domains.decomposed import dismiss, follow
from perrin.engines.domains.registry import DECOMPOSED
from perrin.engines.engine import BlowUpError


def advanced(order, communicator, state=None):
    """Arrays of the replica, new or gone on with, in the first process; nothing in the others."""
    kind = DECOMPOSED[order["engine"]]
    engine = kind(
        kind.Parameters(**order["parameters"]),
        kind.Dynamics(**order["dynamics"]),
        kind.Sampling(**order["sampling"]),
    )
    engine.join(communicator)
    if communicator.rank:
        follow({"": engine}, communicator)
        return {}
    state, found = state or engine.start(np.random.SeedSequence(1)), {}
    try:
        for until in order["until"]:
            engine.advance(state, until)
    except BlowUpError as error:
        found["blow_up"] = np.array([error.step, error.particle])
    dismiss(communicator)
    return {**state.dynamics, **state.statistics, **found}


def main():
    from mpi4py import MPI

    try:
        arrays = advanced(json.loads(Path(sys.argv[1]).read_text()), MPI.COMM_WORLD)
        if arrays:
            np.savez(sys.argv[2], **arrays)
    except BaseException:
        traceback.print_exc()
        MPI.COMM_WORLD.Abort(1)


if __name__ == "__main__":
    main()
