"""What a run will ask a Slurm cluster for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ...site_configs.slurm import BlockShape, Pool, Slurm
from ..cost import Cost
from ..executors.block_policy import most_blocks, wanted_blocks
from ..learning.cost import LearningCost
from ..plan import Plan
from ..precision.attainment import Attainment


@dataclass(frozen=True)
class Spending:
    """What is left to be spent on a campaign.

    Attributes
    ----------
    blocks
        Blocks of each pool at the same time, at most; none on this machine.
    core_hours
        Estimated processor time of all that is left; with a precision, at most.
    """

    blocks: dict[Pool, int]
    core_hours: float

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing left to do."""
        return self.core_hours == 0


def spending(
    plan: Plan, cost: Cost, to_come: LearningCost, attained: Attainment | None
) -> Spending:
    """Add up what simulations, learning and a precision will take."""
    learning = to_come.label_core_hours + to_come.training_core_hours + to_come.exploring_core_hours
    precision = attained.core_hours_at_most * cost.slowness if attained is not None else 0.0
    open_ended = learning > 0 or precision > 0
    slurm = plan.site.slurm
    blocks = _blocks(plan, slurm, cost, open_ended) if slurm is not None else {}
    return Spending(blocks, cost.core_hours + learning + precision)


def _blocks(plan: Plan, slurm: Slurm, cost: Cost, open_ended: bool) -> dict[Pool, int]:
    """Blocks for all tasks at once; for those that are not known yet, as many as there may be."""
    site, demand = plan.site, Counter[Pool]()
    simulating = plan.pool
    most = site.workers_per_block(simulating) * most_blocks(site, slurm, simulating)
    demand[simulating] += most if open_ended else cost.tasks
    if plan.campaign.learning is not None:
        demand[site.pool_of(Pool.TRAINING)] += plan.campaign.learning.committee
        demand[Pool.WORKERS] += plan.campaign.learning.candidates
    return {pool: count for pool, count in wanted_blocks(site, slurm, demand).items() if count}


def blocks_to_train(plan: Plan) -> dict[Pool, int]:
    """Blocks for a committee, all members at once; none on this machine."""
    learning, slurm = plan.campaign.learning, plan.site.slurm
    if learning is None or slurm is None:
        return {}
    return wanted_blocks(plan.site, slurm, {plan.site.pool_of(Pool.TRAINING): learning.committee})


def words_of_blocks(pool: Pool, count: int, shape: BlockShape) -> str:
    """Say how many blocks of what shape."""
    nodes = "a node" if shape.nodes_per_block == 1 else f"{shape.nodes_per_block} nodes"
    cores = "1 core" if shape.cores_per_node == 1 else f"{shape.cores_per_node} cores"
    gpus = f" and {shape.gpus_per_node} GPUs" if shape.gpus_per_node else ""
    partition = f" in partition {shape.partition}" if shape.partition else ""
    blocks = "1 block" if count == 1 else f"{count} blocks"
    return f"{blocks} of {nodes} with {cores}{gpus} for {shape.walltime}{partition} ({pool})"
