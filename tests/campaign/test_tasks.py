from perrin.campaign.tasks import Pending, Task, Try, bundle
from perrin.engines.identity import Physics

PHYSICS = [Physics("brownian", 1, {"particles": n}, {}, seed=1) for n in (1, 2)]
PENDING = [Pending(physics, replica, 10, None) for physics in PHYSICS for replica in range(5)]


def make(size=3, **changes):
    options = {
        "directory": "x",
        "sampling": {"time": 1},
        "replicas_per_task": size,
        "segment_steps": 10,
        "threads": 1,
    }
    return bundle(PENDING, **{**options, **changes})


def test_every_replica_is_in_one_task():
    keys = [key for task in make() for key in task.keys]
    assert [len(task.replicas) for task in make()] == [3, 3, 3, 1]
    assert sorted(keys) == sorted(p.physics.replica_key(p.replica) for p in PENDING)


def test_the_name_is_what_is_in_it_and_not_how_it_runs():
    names = [task.name for task in make()]
    assert names == [task.name for task in make(segment_steps=7, threads=4, directory="y")]
    assert not set(names) & {task.name for task in make(sampling={"time": 2})}


def test_a_try_survives_the_way_to_a_worker():
    attempt = Try(make()[0], "token", 3, 12.5)
    assert Try.from_json(attempt.to_json()) == attempt
    assert isinstance(Try.from_json(attempt.to_json()).task, Task)
