"""Which task goes next."""

from collections import Counter
from dataclasses import dataclass

from perrin.campaign.backlog import Backlog
from perrin.site_configs.slurm import Pool


@dataclass(frozen=True)
class Work:
    name: str
    urgency: int = 0
    processes: int = 1
    pool: str = "workers"
    title: str = ""
    keys: tuple = ()


def backlog(*tasks):
    made = Backlog(lambda task: Pool(task.pool))
    for task in tasks:
        made.add(task)
    return made


def taken(waiting, **room):
    left = Counter(room)

    def may_run(task, pool):
        del task
        left[pool.value] -= 1
        return left[pool.value] >= 0

    return [task.name for task in waiting.take(may_run)]


def test_in_the_order_of_arrival():
    waiting = backlog(*(Work(str(i)) for i in range(5)))
    assert taken(waiting, workers=3) == ["0", "1", "2"]
    waiting.add(Work("5"))
    assert taken(waiting, workers=9) == ["3", "4", "5"]
    assert not waiting


def test_urgent_ones_first():
    waiting = backlog(Work("later", urgency=1), Work("now"), Work("sooner", urgency=-1))
    assert taken(waiting, workers=2) == ["sooner", "now"]


def test_a_full_pool_holds_up_no_other():
    waiting = backlog(Work("a"), Work("b", pool="mpi", processes=4), Work("c"))
    assert sorted(taken(waiting, workers=0, mpi=1)) == ["b"]
    assert [task.name for task in waiting] == ["a", "c"]


def test_one_that_is_too_wide_holds_up_no_narrow_one():
    waiting = backlog(Work("wide", processes=8), Work("narrow"))
    names = [task.name for task in waiting.take(lambda task, _: task.processes < 8)]
    assert names == ["narrow"]


def test_demand():
    waiting = backlog(Work("a"), Work("b"), Work("c", pool="mpi"))
    assert waiting.demand() == {Pool.WORKERS: 2, Pool.MPI: 1}
    taken(waiting, mpi=1)
    assert waiting.demand() == {Pool.WORKERS: 2}
