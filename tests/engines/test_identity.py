import dataclasses

import pytest

from perrin.engines.brownian.parameters import BrownianDynamics, BrownianParameters
from perrin.engines.identity import Physics, differences, document, sampling_document, sampling_hash
from perrin.engines.sampling import ParticleSampling

PARAMETERS = BrownianParameters(
    particles=500, box_length=10.0, temperature=1.5, potential={"kind": "lennard-jones"}
)


def physics(**changes):
    base = Physics("brownian", 1, document(PARAMETERS), document(BrownianDynamics()), seed=7)
    return dataclasses.replace(base, **changes)


def test_literal_keys_are_pinned():
    """These are on users' disks: a change here orphans their results."""
    assert physics().state_point_hash == "684e75629704ef10d158e3bd710dbd7c"
    assert physics().replica_key(0) == "63a1157546d1863947f5168cb9cf7cc5"
    assert physics().replica_key(1) == "e50f7461f9b9d78db9a35cf796ede09a"


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "other"},
        {"physics_version": 2},
        {"dynamics": {"time_step": 2e-4}},
        {"seed": 8},
        {"force": "abc"},
        {"state_point": {**document(PARAMETERS), "temperature": 1.6}},
    ],
)
def test_everything_physical_enters_the_key(change):
    assert physics(**change).replica_key(0) != physics().replica_key(0)


def test_given_defaults_and_integers_do_not_change_the_key():
    written = BrownianParameters(
        particles=500,
        box_length=10,
        temperature=1.5,
        friction=1,
        potential={"kind": "lennard-jones", "cutoff": 2.5},
        field=None,
    )
    assert physics(state_point=document(written)).replica_key(3) == physics().replica_key(3)


def test_the_length_of_sampling_is_no_part_of_its_hash():
    short = document(ParticleSampling(transient_time=1, time=1))
    long = document(ParticleSampling(transient_time=1, time=100))
    later = document(ParticleSampling(transient_time=2, time=1))
    blocked = document(ParticleSampling(transient_time=1, time=1, block_time=0.5))
    assert sampling_hash(short) == sampling_hash(long)
    assert sampling_hash(short) != sampling_hash(later)
    assert sampling_hash(short) != sampling_hash(blocked)


def test_the_hash_of_a_sampling_is_pinned():
    sampling = sampling_document(ParticleSampling(transient_time=1, time=1), 1)
    assert sampling_hash(sampling) == "d60a261cc9c91a23"
    again = sampling_document(ParticleSampling(transient_time=1, time=1), 2)
    assert sampling_hash(again) != "d60a261cc9c91a23"


def test_differences_name_the_leaves():
    other = physics(dynamics={"time_step": 2e-4}, seed=8)
    assert differences(physics(), other) == [
        "dynamics.time_step: default -> 0.0002",
        "seed: 7 -> 8",
    ]
