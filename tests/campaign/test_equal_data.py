"""How a campaign is run never changes a bit of what it yields."""

import pytest


@pytest.mark.parametrize(
    "options",
    [
        {"executor": "dask", "workers": 1, "replicas_per_task": 8, "segment_steps": 100_000},
        {"executor": "dask", "workers": 2, "replicas_per_task": 3, "segment_steps": 700},
        {"executor": "parsl", "workers": 1, "replicas_per_task": 1, "segment_steps": 333},
        {"executor": "parsl", "workers": 2, "replicas_per_task": 4, "segment_steps": 1000},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_executor_workers_bundles_and_segments(trial, undisturbed, options):
    small = trial(**options)
    small.run()
    assert small.data() == undisturbed(small.plan)
    small.assert_nothing_left()


def test_threads(trial, undisturbed):
    small = trial(workers=1, replicas_per_task=5)
    small.path.write_text(small.path.read_text() + "threads_per_worker = 2\n")
    small.run()
    assert small.data() == undisturbed(small.plan)


def test_extending_continues_and_adding_replicas_adds(trial, undisturbed):
    trial(time=0.1, replicas=2).run()
    long = trial(time=0.3, replicas=3)
    long.run()
    furthest = long.durable()
    runs = [[(run.first_step, run.last_step) for run in r.runs] for r in furthest.values()]
    assert sorted(runs) == 4 * [[(0, 1400), (1400, 3400)]] + 2 * [[(0, 3400)]]
    assert {key: long.digest(record) for key, record in furthest.items()} == undisturbed(long.plan)


def test_a_second_run_computes_nothing(trial):
    small = trial()
    small.run()
    before = small.data()
    again = small.run()
    assert "8/8 replicas" in again.stdout
    assert small.data() == before
    assert len(small.events("try")) == 4
