"""Ensemble files of made-up sums, whose fields are known exactly."""

import numpy as np

from perrin.engines.brownian.engine import BrownianEngine
from perrin.engines.engine import ReplicaState
from perrin.engines.ensemble import EnsembleFile, ReplicaRecord, write_ensemble
from perrin.engines.identity import Physics

LENGTH, BINS, STEPS, TIME_STEP, PARTICLES = 10.0, 50, 1000, 1e-3, 100
WIDTH = LENGTH / BINS
Z = (np.arange(BINS) + 0.5) * WIDTH
K = 2 * np.pi / LENGTH


def bin_averages(function_integral):
    edges = np.arange(BINS + 1) * WIDTH
    return np.diff(function_integral(edges)) / WIDTH


DENSITY = bin_averages(lambda z: 0.1 * (z + 0.3 / K * np.sin(K * z)))
GRADIENT = bin_averages(lambda z: 0.1 * 0.3 * np.cos(K * z))


def physics(particles=PARTICLES):
    point = {
        "particles": particles,
        "box_length": LENGTH,
        "temperature": 1.5,
        "potential": {"kind": "lennard-jones"},
    }
    return Physics("brownian", 1, point, {"time_step": TIME_STEP}, seed=1)


def balanced_sums(noise=0.0, seed=0):
    """Sums of a state with v = (1, 0, J_0/rho), f_ext = 0 and F_int from the force balance."""
    rng = np.random.default_rng(seed)
    volume_steps = LENGTH**2 * WIDTH * STEPS
    current = np.zeros((BINS, 3))
    current[:, 0] = DENSITY
    current[:, 2] = 0.05
    internal = current.copy()
    internal[:, 2] += 1.5 * GRADIENT
    internal += noise * rng.normal(size=(BINS, 3))
    return {
        "steps": np.array(STEPS),
        "density": DENSITY[None] * volume_steps,
        "displacement": current[None] * volume_steps * TIME_STEP,
        "internal_force": internal[None] * volume_steps,
        "external_force": np.zeros((1, BINS, 3)),
        "energy": np.array([-200.0, 400.0]) * PARTICLES,
        "virial": np.array([600.0, 1.0]),
        "virial_stress": np.array([200.0, 200.0, 200.0, 0.0, 0.0, 0.0]),
        "energy_samples": np.array(100),
        "balance_modes": rng.normal(size=(2, 3, 2)),
    }


def blocked_sums(noise=0.0, replica=0, blocks=1):
    """The same for each of some blocks, (blocks, ...), with independent noise."""
    parts = [balanced_sums(noise, [replica, block]) for block in range(blocks)]
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def engines_of(records, block_time=None):
    kind = BrownianEngine
    return {
        record.physics.state_point_hash: kind(
            kind.Parameters.model_validate(record.physics.state_point),
            kind.Dynamics(time_step=TIME_STEP),
            kind.Sampling(transient_time=1, time=1, block_time=block_time),
        )
        for record in records
    }


def write(path, replicas, noise=0.0, particles=PARTICLES, blocks=1):
    sums = [blocked_sums(noise, replica, blocks) for replica in replicas]
    return write_sums(path, replicas, sums, particles)


def write_sums(path, replicas, sums, particles=PARTICLES, block_time=None):
    records = [
        ReplicaRecord(physics(particles), replica, ReplicaState(1, {"x": np.zeros(1)}, values))
        for replica, values in zip(replicas, sums, strict=True)
    ]
    engines = engines_of(records, block_time)
    write_ensemble(path, records, sampling={}, engines=engines, provenance={})
    with EnsembleFile(path) as file:
        return file.rows()
