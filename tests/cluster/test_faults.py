"""Real faults of a real cluster: nothing completed is computed again, and the data are equal."""

import os
import signal
import time

import pytest

from perrin.tests.cluster.faulty_commands import faulty_commands
from perrin.tests.support.cluster_trial import write_campaign
from perrin.tests.support.full_disk import fill, small_disk
from perrin.tests.support.trial import TEXT
from perrin.tests.support.working import claimed_block, working

pytestmark = pytest.mark.cluster
LONG = {"time": 15.0, "segment_steps": 5000, "replicas": 8, "replicas_per_task": 1}


@pytest.fixture(
    params=[pytest.param(e, marks=pytest.mark.xdist_group(e)) for e in ("parsl", "dask")]
)
def executor(request):
    return request.param


@pytest.fixture
def campaign(tmp_path, cluster, executor):
    """Make campaigns on the cluster; whatever still runs at the end of the test is killed."""
    made = []

    def make(**options):
        made.append(write_campaign(tmp_path, cluster, executor=executor, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def node_of(cluster, job):
    return next(found.nodes for found in cluster.jobs() if found.id == job)


def lost(campaign):
    return [e for e in campaign.events("try-ended") if e["ending"] == "lost"]


def finish(campaign, manager, undisturbed, completed):
    """Let it end, and check what holds after every fault."""
    output, _ = manager.communicate(timeout=400)
    assert manager.returncode == 0, output
    assert campaign.data() == undisturbed(campaign.plan)
    campaign.assert_not_recomputed(completed)
    campaign.assert_at_most_a_segment_lost()
    campaign.assert_nothing_left()


def test_nodes_blocks_and_workers_go(campaign, cluster, undisturbed):
    """A slurmd killed, a block cancelled, a worker killed, a node set down, in one campaign."""
    small, completed = (
        campaign(**LONG | {"time": 30.0, "replicas": 6}, site={"exclusive": True}),
        {},
    )
    manager = small.start()
    orphaned = claimed_block(small, cluster)
    unanswering = node_of(cluster, orphaned)
    cluster.kill_slurmd(unanswering)

    job = claimed_block(small, cluster, but_not_on=unanswering)
    cluster.cancel(job)
    small.wait_for_events("block-ended", 1, job=str(job))
    small.note_completed(completed)

    claim = working(small, cluster, but_not_on=unanswering)
    os.kill(claim.process.pid, signal.SIGKILL)
    small.wait_for_events("crashed", 1, token=claim.token)

    small.wait_for_events("block-ended", 1, job=str(orphaned))
    cluster.start_slurmd(unanswering)
    small.note_completed(completed)

    job = claimed_block(small, cluster)
    down = node_of(cluster, job)
    cluster.set_down(down)
    small.wait_for_events("block-ended", 1, job=str(job))
    cluster.resume(down)

    finish(small, manager, undisturbed, completed)
    assert lost(small)
    assert len(small.events("crashed")) == 1, "only the death of a worker is one"
    assert not small.events("quarantined")


def test_manager_killed_while_its_workers_go_on(campaign, cluster, undisturbed):
    """The next manager ends the old blocks, by their numbers and names, and goes on."""
    small, completed = campaign(**LONG), {}
    for generation in (1, 2):
        manager = small.start()
        small.wait_for_generation(generation)
        small.wait_for_claims(count=2, beyond=1)
        manager.send_signal(signal.SIGKILL)
        manager.wait()
        small.note_completed(completed)
        assert cluster.jobs(), "blocks outlive their manager"
    manager = small.start()
    finish(small, manager, undisturbed, completed)
    assert len(small.events("manager-started")) == 3


def test_slurm_does_not_answer(campaign, cluster, undisturbed, tmp_path):
    """slurmctld away; commands that fail; a job that was accepted although sbatch failed."""
    commands = faulty_commands(tmp_path / "bin")
    small, completed = campaign(**LONG), {}
    small.environment["PATH"] = commands.path
    commands.set("sbatch", "accept-then-fail")
    manager = small.start()
    found = small.wait_for_events("block-submitted", 2)
    assert {event["job"] for event in found} == {str(job.id) for job in cluster.jobs()}
    commands.set("sbatch", "fail")
    job = claimed_block(small, cluster)
    cluster.cancel(job)
    small.wait_for_events("block-ended", 1, job=str(job))
    commands.set("squeue", "fail")
    time.sleep(4.0)
    commands.set("sbatch", "ok")
    commands.set("squeue", "ok")
    small.wait_for_events("block-submitted", 3)
    cluster.stop_slurmctld()
    time.sleep(3.0)
    small.note_completed(completed)
    cluster.start_slurmctld()
    finish(small, manager, undisturbed, completed)
    assert "fail" in commands.calls("sbatch")


def test_replica_outlives_its_blocks(campaign, undisturbed):
    """Blocks of a minute, a replica of more: it leaves each in time, and no step is lost."""
    long = campaign(
        text=TEXT.replace("[[problem.points]]\nparticles = 40\n", ""),
        time=500.0,
        segment_steps=1_200_000,
        replicas=1,
        site={"walltime": "00:01:00", "blocks": 1},
    )
    manager = long.start()
    finish(long, manager, undisturbed, {})
    assert not lost(long), "tries leave before their block ends"
    reasons = [event["reason"] for event in long.events("block-held")]
    ((record,),) = long.published().values()
    assert len(record.runs) >= 2
    assert reasons.count("its walltime is nearly over") >= 1


MANY = """
name = "many"
[problem]
engine = "brownian"
seed = 12
replicas = 1
[problem.parameters]
temperature = 1.5
box_length = 6.0
potential = {{ kind = "lennard-jones" }}
[problem.dynamics]
bulk_time = 0.02
[[problem.points]]
particles = 5
field = {{ kind = "planar-fourier", z = {{ constant = 1e9 }} }}
[[problem.points]]
particles = 7
[problem.random]
count = 200
particles = [40, 60]
field = {{}}
[sampling]
transient_time = 0.02
time = {time}
[resources]
replicas_per_task = 10
segment_steps = {segment_steps}
"""
DEADLY = """
import importlib.abc, importlib.util, os, signal, sys


class Deadly(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "perrin.engines.brownian.engine":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            engine = module.BrownianEngine
            advance = engine.advance

            def advance_or_die(self, state, until):
                if self.parameters.particles == 7:
                    os.kill(os.getpid(), signal.SIGSEGV)
                advance(self, state, until)

            engine.advance = advance_or_die

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Deadly())
"""


def test_points_that_raise_and_kill(campaign, undisturbed, tmp_path):
    """One of 202 points always raises, one always ends its worker; then a bit of a file flips."""
    (tmp_path / "deadly").mkdir()
    (tmp_path / "deadly" / "sitecustomize.py").write_text(DEADLY)
    setup = [f"export PYTHONPATH={tmp_path / 'deadly'}:$PYTHONPATH"]
    many = campaign(text=MANY, site={"setup": setup})
    manager = many.start()
    output, _ = manager.communicate(timeout=300)
    assert manager.returncode == 1, output
    plan = many.plan
    raising, deadly = (
        next(k for k, (p, _) in plan.wanted.items() if p.parameters.particles == n) for n in (5, 7)
    )
    reasons = {e["replica"]: e["reason"] for e in many.events("quarantined")}
    assert set(reasons) == {raising, deadly}
    assert "time step is too large" in reasons[raising]
    assert "its worker died 3 times" in reasons[deadly]
    expected = undisturbed(plan, (raising, deadly))
    assert many.data() == expected
    many.assert_nothing_left()

    before = {key: records[0].runs for key, records in many.published().items()}
    damaged = min(many.layout.results.glob("*.h5"))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(bytes(content))
    assert many.call("verify").returncode == 1
    assert many.call("run", "--yes").returncode == 1, "the two are still in quarantine"
    assert many.data() == expected
    after = {key: records[0].runs for key, records in many.published().items()}
    recomputed = {key for key in after if after[key] != before[key]}
    assert 1 <= len(recomputed) <= 10


def test_environment_that_is_broken_on_the_nodes(campaign, tmp_path):
    """Three blocks, and their last words; no try is held against its replicas."""
    (tmp_path / "broken" / "perrin").mkdir(parents=True)
    (tmp_path / "broken" / "perrin" / "__init__.py").write_text("import no_such_module\n")
    small = campaign(site={"setup": [f"export PYTHONPATH={tmp_path / 'broken'}"], "blocks": 1})
    manager = small.start()
    output, _ = manager.communicate(timeout=120)
    assert manager.returncode == 1
    assert "3 blocks in a row ended without a worker" in output
    assert "No module named 'no_such_module'" in output
    assert len(small.events("block-submitted")) == 3
    assert not small.events("failed", "crashed", "try")


def test_full_disk(tmp_path, cluster, executor, undisturbed):
    """Results and journal on a disk that fills up while tasks run, and is freed again."""
    with small_disk(tmp_path / "disk") as directory:
        small, completed = write_campaign(directory, cluster, executor=executor, **LONG), {}
        manager = small.start()
        working(small, cluster)
        fill(directory / "filler")
        time.sleep(6.0)
        assert manager.poll() is None
        small.note_completed(completed)
        (directory / "filler").unlink()
        output, _ = manager.communicate(timeout=300)
        assert manager.returncode == 0, output
        assert "disk full" in output
        assert small.data() == undisturbed(small.plan)
        small.assert_not_recomputed(completed)
        small.assert_nothing_left()
