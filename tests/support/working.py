"""Finding what a campaign does on a cluster at the moment."""

import time


def working(campaign, cluster, but_not_on=None, seconds=60):
    """The claim of a try that has got beyond its start, on a block that runs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        jobs = cluster.jobs()
        runs = {str(j.id) for j in jobs if j.state == "RUNNING" and j.nodes != but_not_on}
        for claim in campaign.wait_for_claims(beyond=1):
            if claim.block in runs and claim.process.is_alive():
                return claim
        time.sleep(0.1)
    raise TimeoutError("no worker got going")


def claimed_block(campaign, cluster, but_not_on=None):
    """Job of a block that runs a try."""
    return int(working(campaign, cluster, but_not_on).block)
