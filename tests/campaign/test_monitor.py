"""Speed and prospects from made-up blocks and standings."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from perrin.campaign import monitor as module
from perrin.campaign.executors.block import Block
from perrin.campaign.ledger import Ledger
from perrin.campaign.load import load_campaign
from perrin.campaign.monitor import Monitor
from perrin.campaign.outlook import time_left
from perrin.campaign.plan import Plan
from perrin.campaign.standing import Standing
from perrin.site_configs.slurm import Pool

SITE = """
name = "paper"
threads_per_worker = {threads}
[slurm]
walltime = "01:00:00"
cores_per_node = 4
max_blocks = 3
[slurm.mpi]
nodes_per_block = 2
"""
BEGUN = Standing(
    replicas_total=8,
    replicas_done=0,
    replicas_running=4,
    replicas_quarantined=0,
    steps_total=1000,
    steps_done=0,
)


@pytest.mark.parametrize(
    ("steps", "running", "queued", "wait", "expected"),
    [
        (0, 0, 0, 0.0, 0.0),
        (100, 0, 0, 0.0, None),
        (100, 2, 0, 0.0, 5.0),
        (100, 0, 5, 60.0, 62.0),
        (100, 2, 3, 2.0, 3.2),
        (100, 2, 3, 50.0, 5.0),
    ],
)
def test_time_left(steps, running, queued, wait, expected):
    """At ten steps per second and worker; those in the queue join after the wait."""
    found = time_left(steps, 10.0, running=running, queued=queued, until_they_run=wait)
    assert found == (pytest.approx(expected) if expected is not None else None)


@pytest.fixture
def plan(trial, tmp_path):
    def make(threads=1, ranks=1):
        (tmp_path / "paper.toml").write_text(SITE.format(threads=threads))
        small = trial(replicas_per_task=8)
        head = f'[resources]\nsite = "paper.toml"\nmpi_ranks = {ranks}'
        text = small.path.read_text().replace("[resources]", head).replace("workers = 1\n", "")
        small.path.write_text(text)
        return Plan.of(load_campaign(small.path), tmp_path)

    return make


@pytest.fixture
def clock(monkeypatch):
    fake = SimpleNamespace(now=1000.0)
    fake.time = fake.monotonic = lambda: fake.now
    monkeypatch.setattr(module, "time", fake)
    return fake


def executor(*blocks):
    return SimpleNamespace(blocks=lambda: list(blocks), trouble=None)


def block(pool, busy, started=1000.0):
    made = Block("1", "a block", pool, "log", submitted=1000.0, started=started)
    made.workers = made.busy = busy
    return made


@pytest.mark.parametrize(("ranks", "pool"), [(1, Pool.WORKERS), (8, Pool.MPI)])
def test_the_pool_that_simulates_is_watched(plan, clock, ranks, pool):
    """Two workers do ten steps a second; a third block waits, and blocks of others do not count."""
    other = Pool.MPI if pool is Pool.WORKERS else Pool.WORKERS
    ledger = Ledger(waits=1, waited=30.0)
    blocks = executor(block(pool, 2), block(pool, 0, started=None), block(other, 4))
    monitor = Monitor(plan(ranks=ranks), ledger)
    monitor.look(BEGUN, blocks, "")
    clock.now += 10.0
    seen = monitor.look(replace(BEGUN, steps_done=100), blocks, "")
    assert seen.steps_per_second == pytest.approx(10.0)
    assert seen.core_hours_left == pytest.approx(900 / 5.0 * ranks / 3600)
    joining = 4 if pool is Pool.WORKERS else 1
    assert seen.seconds_left == pytest.approx(20.0 + (900 - 200) / (10.0 + 5.0 * joining))


def test_threads_and_slowness_before_a_speed_is_seen(plan):
    """Core hours do not depend on how many cores a worker has; wall time would."""
    one, four = plan(threads=1), plan(threads=4)
    hours = [Monitor(p, Ledger()).look(BEGUN, None, "").core_hours_left for p in (one, four)]
    assert hours[0] == pytest.approx(hours[1])
    slow = Monitor(one.slowed(3.0), Ledger()).look(BEGUN, None, "")
    assert slow.core_hours_left == pytest.approx(3 * hours[0])
    assert one.slowed(3.0).segment_seconds == pytest.approx(3 * one.segment_seconds)


def test_why_nothing_runs(plan):
    idle = replace(BEGUN, replicas_running=0)
    waiting = block(Pool.WORKERS, 0, started=None)
    waiting.reason = "Priority"
    monitor = Monitor(plan(), Ledger())
    assert "Priority" in monitor.look(idle, executor(waiting), "").trouble
    assert monitor.look(idle, executor(), "").trouble == "no block is there yet"
    assert monitor.look(idle, executor(), "disk full").trouble == "disk full"
    assert monitor.look(BEGUN, executor(waiting), "").trouble is None
