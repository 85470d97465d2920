"""What a replica is when nothing happens to it."""

from perrin.campaign.segments import make_engine
from perrin.engines.randomness import replica_seed

from .trial import fingerprint_of


def digest_of(plan, key):
    """Digest of a replica that is advanced in one go, in this process."""
    point, replica = plan.wanted[key]
    physics = point.physics
    engine = make_engine(physics, plan.sampling)
    state = engine.start(replica_seed(physics.seed, physics.state_point_hash, replica))
    engine.advance(state, engine.total_steps)
    return fingerprint_of(state)
