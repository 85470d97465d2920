"""A campaign whose simulations and trainings have two-node blocks of their own."""

import pytest

from perrin.tests.support.cluster_trial import write_campaign
from perrin.tests.support.trial import LEARNING, LEARNING_OPTIONS

pytestmark = pytest.mark.cluster
WIDE = "[slurm.mpi]\nnodes_per_block = 2\n[slurm.training]\nnodes_per_block = 2\n"


@pytest.mark.parametrize(
    "executor", [pytest.param(e, marks=pytest.mark.xdist_group(e)) for e in ("parsl", "dask")]
)
def test_groups_and_trainings_share_the_budget_of_blocks(tmp_path, cluster, undisturbed, executor):
    options = {**LEARNING_OPTIONS, "baseline": "", "processes": 2}
    small = write_campaign(tmp_path, cluster, executor=executor, text=LEARNING, **options)
    site = tmp_path / "private.toml"
    site.write_text(site.read_text() + WIDE)
    small.path.write_text(small.path.read_text() + "mpi_ranks = 2\n")
    small.run()
    assert {key: small.data()[key] for key in small.plan.wanted} == undisturbed(small.plan)
    assert len(small.models()) == 4
    for parameters in small.models().values():
        assert len(parameters) == 2
        assert len(set(parameters)) == 1
    endings = {event["ending"] for event in small.events("try-ended")}
    assert endings == {"published"}
    small.assert_nothing_left()
