"""A campaign on a real cluster under each executor, with one fault."""

import pytest

from perrin.tests.support.cluster_trial import write_campaign
from perrin.tests.support.working import claimed_block


@pytest.mark.parametrize("executor", ["parsl", "dask"])
def test_block_is_cancelled(tmp_path, cluster, executor, undisturbed):
    """Its tries go on in another block, from their checkpoints, and all blocks are given back."""
    small = write_campaign(
        tmp_path, cluster, executor=executor, time=4.0, segment_steps=2000, replicas_per_task=1
    )
    try:
        manager = small.start()
        job = claimed_block(small, cluster)
        cluster.cancel(job)
        output, _ = manager.communicate(timeout=240)
        assert manager.returncode == 0, output
        assert small.data() == undisturbed(small.plan)
        assert [e["ending"] for e in small.events("try-ended")].count("lost") >= 1
        assert not small.events("crashed")
        ended = {event["job"] for event in small.events("block-ended")}
        assert {event["job"] for event in small.events("block-submitted")} == ended
        small.assert_at_most_a_segment_lost()
        small.assert_nothing_left()
    finally:
        small.close()
