"""Reductions of replicas that were simulated or made up a moment ago."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from perrin.analysis.one_body import OneBodyFields
from perrin.engines.ensemble import EnsembleFile, ReplicaRecord, write_ensemble
from perrin.engines.identity import Physics, document


def simulated(engine, replicas, seed=0):
    """Run independent replicas to their end, on two threads."""

    def run(replica):
        state = engine.start(np.random.SeedSequence(seed, spawn_key=(replica,)))
        engine.advance(state, engine.total_steps)
        return state

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(replicas)))


def reduced(path, engine, states):
    """Write states to an ensemble file, and reduce it: fields, and the hash of the state point."""
    point, dynamics = document(engine.parameters), document(engine.dynamics)
    physics = Physics(engine.name, engine.physics_version, point, dynamics, seed=0)
    records = [ReplicaRecord(physics, replica, state) for replica, state in enumerate(states)]
    group = physics.state_point_hash
    write_ensemble(path, records, sampling={}, engines={group: engine}, provenance={})
    with EnsembleFile(path) as file:
        rows = file.rows()
    return OneBodyFields().compute(path, rows), group
