"""Real processes, really killed: no completed replica is lost or computed again."""

import itertools
import os
import random
import shutil
import signal
import time

import psutil
import pytest

from perrin.campaign.processes import ProcessName
from perrin.tests.support.full_disk import fill, small_disk

SLOW_WITH_PARSL = [pytest.param("parsl", marks=pytest.mark.slow), "dask"]
EXECUTORS = pytest.mark.parametrize("executor", SLOW_WITH_PARSL)
LONG = {
    "time": 2.5,
    "segment_steps": 4000,
    "replicas": 5,
    "replicas_per_task": 3,
    "workers": 2,
}


def is_complete(small, key, record):
    return record.state.step >= small.plan.wanted[key][0].total_steps


@EXECUTORS
def test_manager_killed_again_and_again(trial, undisturbed, executor):
    """Killed at random instants, workers left running; restarted while they still run."""
    small = trial(executor=executor, **LONG)
    dice = random.Random(executor)
    completed = {}
    for generation in range(1, 5):
        manager = small.start()
        small.wait_for_generation(generation)
        if generation % 2:
            small.wait_for_claims()
        time.sleep(dice.uniform(0.0, 1.0))
        manager.kill()
        manager.wait()
        for key, record in small.durable().items():
            if is_complete(small, key, record):
                completed.setdefault(key, record.runs)
    small.run()
    assert small.data() == undisturbed(small.plan)
    published = {key: records[0] for key, records in small.published().items()}
    for key, runs in completed.items():
        assert published[key].runs == runs, "a completed replica was computed again"
    for record in published.values():
        steps = [(run.first_step, run.last_step) for run in record.runs]
        assert steps[0][0] == 0
        assert all(a[1] == b[0] for a, b in itertools.pairwise(steps))
    small.assert_nothing_left()


@pytest.mark.slow
def test_at_most_one_segment_is_lost(trial):
    small = trial(executor="dask", **LONG)
    manager = small.start()
    claims = small.wait_for_claims(count=2)
    manager.kill()
    manager.wait()
    for claim in claims:
        if psutil.pid_exists(claim.process.pid):
            os.kill(claim.process.pid, signal.SIGKILL)
    durable = {key: record.state.step for key, record in small.durable().items()}
    small.run()
    for event in small.events("task"):
        for key, steps in event["replicas"].items():
            if event["time"] > small.events("manager-started")[-1]["time"]:
                assert steps == durable.get(key, 0)
    reported = sum(claim.steps_done for claim in claims)
    assert sum(durable.values()) >= reported > 0, "a segment is reported once it is durable"


@EXECUTORS
def test_worker_killed(trial, undisturbed, executor):
    small = trial(executor=executor, **LONG)
    manager = small.start()
    claim = small.wait_for_claims()[0]
    os.kill(claim.process.pid, signal.SIGKILL)
    output, _ = manager.communicate(timeout=240)
    assert manager.returncode == 0, output
    assert small.data() == undisturbed(small.plan)
    crashes = small.events("crashed")
    assert [event["token"] for event in crashes] == [claim.token]
    small.assert_nothing_left()


def child_of(process, part):
    """The one descendant whose command line has `part` in it."""
    (found,) = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if any(part in word for word in child.cmdline())
    ]
    return found


@pytest.mark.slow
def test_parsl_interchange_killed(trial, undisturbed):
    """Nothing can run without one: the manager says so and leaves, and the next one goes on."""
    small = trial(executor="parsl", **LONG)
    manager = small.start()
    small.wait_for_claims()
    child_of(manager, "interchange").kill()
    output, _ = manager.communicate(timeout=60)
    assert manager.returncode == 1
    assert "interchange died" in output
    small.run()
    assert small.data() == undisturbed(small.plan)
    small.assert_nothing_left()


@pytest.mark.slow
def test_parsl_block_killed(trial, undisturbed):
    """The pool with all its workers: noticed by its heartbeat, started again, no one's fault."""
    small = trial(executor="parsl", **LONG)
    site = small.path.with_name("impatient.toml")
    site.write_text('name = "impatient"\nworkers = 2\nheartbeat_seconds = 1\n')
    small.path.write_text(small.path.read_text() + 'site = "impatient.toml"\n')
    manager = small.start()
    small.wait_for_claims(count=2)
    (started,) = small.events("started-processes")
    ProcessName(**started["processes"][1]).kill_tree()
    output, _ = manager.communicate(timeout=120)
    assert manager.returncode == 0, output
    assert small.data() == undisturbed(small.plan)
    assert not small.events("crashed")
    assert [event["ending"] for event in small.events("try-ended")].count("lost") == 2
    small.assert_nothing_left()


def test_torn_journal_and_flipped_bit(trial, undisturbed):
    """Only the replicas of the damaged file are computed again."""
    small = trial()
    small.run()
    before = {key: records[0].runs for key, records in small.published().items()}
    journal = max(small.layout.journal.glob("*.jsonl"))
    journal.write_bytes(journal.read_bytes()[:-25])
    victim = min(small.layout.results.glob("*.h5"))
    contents = bytearray(victim.read_bytes())
    contents[len(contents) // 2] ^= 1
    victim.write_bytes(contents)
    assert "8/8 replicas" in small.run().stdout, "names and sizes agree: nothing to do"

    checked = small.call("verify")
    assert checked.returncode == 1
    assert victim.name in checked.stdout
    lost = set(before) - set(small.published())
    assert len(lost) == 2
    small.run()
    assert small.data() == undisturbed(small.plan)
    after = {key: records[0].runs for key, records in small.published().items()}
    assert {key for key in before if before[key] != after[key]} == lost
    key = min(lost)
    assert "digest" in small.call("why", key[:12]).stdout


@pytest.mark.slow
def test_a_restart_notices_files_that_are_cut_or_gone(trial, undisturbed):
    small = trial(replicas=2, replicas_per_task=1)
    small.run()
    cut, gone, empty, whole = sorted(small.layout.results.glob("*.h5"))
    cut.write_bytes(cut.read_bytes()[:1000])
    gone.unlink()
    empty.write_bytes(b"")
    untouched = whole.stat()
    small.run()
    assert small.data() == undisturbed(small.plan)
    assert (whole.stat().st_ino, whole.stat().st_mtime_ns) == (
        untouched.st_ino,
        untouched.st_mtime_ns,
    )


def test_the_index_is_rebuilt_from_the_files(trial):
    small = trial(replicas=2)
    small.run()
    before = small.data()
    shutil.rmtree(small.layout.index)
    shutil.rmtree(small.layout.journal)
    assert "4/4 replicas" in small.run().stdout
    assert small.data() == before
    assert small.events("try") == []


@pytest.mark.slow
def test_reduce_leaves_out_a_damaged_file(trial):
    small = trial(replicas=2, replicas_per_task=1)
    small.run()
    victim = min(small.layout.results.glob("*.h5"))
    contents = bytearray(victim.read_bytes())
    contents[-100] ^= 4
    victim.write_bytes(contents)
    reduced = small.call("reduce")
    assert reduced.returncode == 1
    assert victim.name in reduced.stderr
    assert (small.layout.reduced / "one_body.nc").exists()
    assert "4/4 replicas in" in small.run().stdout
    assert small.call("reduce").returncode == 0


def test_two_managers_at_once(trial, undisturbed):
    small = trial()
    managers = [small.start() for _ in range(2)]
    outputs = [manager.communicate(timeout=240)[0] for manager in managers]
    codes = [manager.returncode for manager in managers]
    assert sorted(codes) == [0, 1], outputs
    assert "manage" in outputs[codes.index(1)] or "took this campaign" in outputs[codes.index(1)]
    assert small.data() == undisturbed(small.plan)


@pytest.mark.slow
def test_a_stopped_manager_is_taken_over_and_wakes(trial, undisturbed):
    small = trial(executor="parsl", **LONG)
    old = small.start()
    small.wait_for_claims()
    os.kill(old.pid, signal.SIGSTOP)
    refused = small.call("run")
    assert refused.returncode == 1
    assert "--takeover" in refused.stderr
    new = small.start("--takeover")
    small.wait_for_generation(2)
    small.wait_for_claims()
    os.kill(old.pid, signal.SIGCONT)
    output, _ = old.communicate(timeout=120)
    assert old.returncode == 1
    assert "generation 2 manages this campaign now" in output
    output, _ = new.communicate(timeout=240)
    assert new.returncode == 0, output
    assert small.data() == undisturbed(small.plan)
    small.assert_nothing_left()


@pytest.mark.parametrize(
    ("executor", "how"),
    [
        ("dask", "SIGINT"),
        pytest.param("parsl", "SIGTERM", marks=pytest.mark.slow),
        pytest.param("dask", "stop", marks=pytest.mark.slow),
    ],
)
def test_draining(trial, undisturbed, executor, how):
    """Each way under one executor: all that they do is to set the flag."""
    small = trial(executor=executor, **LONG)
    manager = small.start()
    small.wait_for_claims()
    if how == "stop":
        assert small.call("stop").returncode == 0
    else:
        send = os.killpg if how == "SIGINT" else os.kill
        send(manager.pid, getattr(signal, how))
    output, _ = manager.communicate(timeout=60)
    assert manager.returncode == (130 if how == "SIGINT" else 3)
    assert "perrin run" in output
    assert [event["ending"] for event in small.events("try-ended")].count("drained") >= 1
    assert not small.events("crashed")
    steps = {key: record.state.step for key, record in small.durable().items()}
    assert any(steps.values())
    small.run()
    assert small.data() == undisturbed(small.plan)
    queued = list(small.events("task"))
    resumed = {k: s for event in queued for k, s in event["replicas"].items() if s}
    assert resumed == {key: step for key, step in steps.items() if key in resumed}
    small.assert_nothing_left()


@pytest.mark.slow
@EXECUTORS
def test_interrupted_twice(trial, undisturbed, executor):
    small = trial(executor=executor, **LONG | {"segment_steps": 1_000_000})
    manager = small.start()
    deadline = time.monotonic() + 60
    while not list(small.layout.claims.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    for _ in range(2):
        os.killpg(manager.pid, signal.SIGINT)
        time.sleep(0.3)
    output, _ = manager.communicate(timeout=30)
    # It dies of the second one if workers that had not begun let it leave before: 130 in a shell.
    assert manager.returncode in (130, -signal.SIGINT), output
    assert small.left_behind() == []
    small.run()
    assert small.data() == undisturbed(small.plan)


def test_one_point_that_always_raises(trial):
    """A field so steep that it throws particles through the box, among points that are sound."""
    small = trial(replicas=2)
    steep = "[[problem.points]]\nparticles = 5\nfield = {kind='planar-fourier', z={constant=1e9}}\n"
    text = small.path.read_text().replace("[sampling]", steep + "[sampling]")
    small.path.write_text(text)
    finished = small.call("run")
    assert finished.returncode == 1
    assert "2 quarantined" in finished.stdout
    assert "time step is too large" in finished.stdout
    plan = small.plan
    bad = {key for key, (point, _) in plan.wanted.items() if point.parameters.particles == 5}
    assert set(small.data()) == set(plan.wanted) - bad
    assert len(small.events("failed")) == 2 * 3
    assert "quarantined" in small.call("why", min(bad)).stdout


@pytest.mark.slow
def test_full_disk(trial, undisturbed, tmp_path):
    """The disk fills up while tasks run, and is freed again; no executor has a part in this."""
    with small_disk(tmp_path / "disk") as disk:
        small = trial(directory=disk, executor="parsl", **LONG)
        manager = small.start()
        small.wait_for_claims()
        filler = disk / "filler"
        fill(filler)
        time.sleep(4.0)
        assert manager.poll() is None
        filler.unlink()
        output, _ = manager.communicate(timeout=240)
        assert manager.returncode == 0, output
        assert "disk full" in output
        assert small.data() == undisturbed(small.plan)
        small.assert_nothing_left()
