"""What `perrin status` may believe, and what it must count."""

import dataclasses
import json
import shutil
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from perrin.campaign.layout import Layout
from perrin.campaign.lease import Lease
from perrin.campaign.snapshot import FRESH_SECONDS, Snapshot, meaning_of, valid_snapshot
from perrin.campaign.standing import Stage, Standing
from perrin.campaign.verbs.counting import count_campaign
from perrin.tests.support.trial import Trial

STANDING = Standing(10, 4, 3, 1, 1000, 400, (Stage("round 1: training", 0.5, 2),))


@pytest.fixture
def finished(tmp_path_factory, worker_id, trial, tmp_path):
    """A copy of a campaign that ran to its end, with the times of its files."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "finished"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            shared.mkdir()
            trial(directory=shared, replicas=2).run()
    shutil.copytree(shared, tmp_path / "copy")
    return Trial(tmp_path / "copy" / "small.toml")


def written(path, **changes):
    """Write a snapshot of STANDING, as a manager of this process would."""
    layout = Layout.of(path)
    layout.create()
    lease = Lease.acquire(layout.lease)
    made = Snapshot(meaning_of(path), lease.generation, STANDING, 2, {"key": "raised"})
    dataclasses.replace(made, **changes).write(layout)
    return layout


def test_what_is_written_is_read(trial):
    path = trial().path
    layout = written(path)
    snapshot = valid_snapshot(path, layout)
    assert (snapshot.standing, snapshot.quarantined) == (STANDING, {"key": "raised"})
    assert list(layout.root.glob(".*.part")) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"written": time.time() - 2 * FRESH_SECONDS},
        {"generation": 2},
        {"campaign": "0" * 64},
        {"evidence": "0" * 64, "generation": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_old_or_foreign_ones_are_not_believed(trial, changes):
    path = trial().path
    assert valid_snapshot(path, written(path, **changes)) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"standing": 1}', '{"standing": {}}'])
def test_rubbish_is_not_believed(trial, text):
    path = trial().path
    layout = written(path)
    layout.snapshot.write_text(text)
    assert valid_snapshot(path, layout) is None


def test_the_last_one_says_what_the_files_say(finished):
    snapshot = valid_snapshot(finished.path, finished.layout)
    assert snapshot.standing == count_campaign(finished.path).standing
    assert snapshot.standing.is_complete


def without_a_result(layout):
    next(layout.results.glob("*.h5")).unlink()


def with_an_event(layout):
    with max(layout.journal.glob("*.jsonl")).open("a") as journal:
        journal.write('{"event": "quarantined", "replica": "x", "reason": "y"}\n')


def with_a_checkpoint(layout):
    shutil.copy(next(layout.results.glob("*.h5")), layout.checkpoints / "token.h5")


def with_a_claim(layout):
    (layout.claims / "token.json").write_text("{}")


def with_another_index(layout):
    max(layout.index.glob("*.jsonl")).write_text("")


def with_more_replicas(layout):
    path = layout.root.with_suffix(".toml")
    path.write_text(path.read_text().replace("replicas = 2", "replicas = 3", 1))


@pytest.mark.parametrize(
    "change",
    [
        without_a_result,
        with_an_event,
        with_a_checkpoint,
        with_a_claim,
        with_another_index,
        with_more_replicas,
    ],
)
def test_files_that_changed_are_counted(finished, change):
    change(finished.layout)
    assert valid_snapshot(finished.path, finished.layout) is None
    counted = count_campaign(finished.path).standing
    status = json.loads(finished.call("status", "--json").stdout)
    assert status["replicas_done"] == counted.replicas_done
    assert status["replicas_total"] == counted.replicas_total
    assert valid_snapshot(finished.path, finished.layout).standing == counted


def test_nothing_heavy_is_imported_to_read_one(finished):
    code = (
        "import sys; from pathlib import Path;"
        "from perrin.campaign.verbs.status import show_status;"
        "show_status(Path(sys.argv[1]), as_json=True, watch=False);"
        "sys.exit(' '.join({'numba', 'torch', 'parsl', 'distributed', 'numpy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(finished.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
    assert json.loads(done.stdout)["complete"]


def test_after_a_killed_manager_files_are_counted(trial):
    small = trial(time=4.0, segment_steps=1000)
    manager = small.start()
    small.wait_for_claims()
    deadline = time.monotonic() + 60
    while valid_snapshot(small.path, small.layout) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    manager.kill()
    manager.wait()
    assert valid_snapshot(small.path, small.layout) is None
