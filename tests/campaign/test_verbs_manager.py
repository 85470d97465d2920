"""The verbs about managers: run in the background, look at, stop, retry."""

import contextlib
import json
import os
import signal
import subprocess
import time

import psutil
import pytest

from perrin.tests.support.trial import PERRIN

LONG = {"time": 10.0, "segment_steps": 2000, "workers": 2}
BAD_POINT = """[[problem.points]]
particles = 5
field = {kind='planar-fourier', z={constant=1e9}}
"""


def answer(finished, code=0):
    assert finished.returncode == code, finished.stdout + finished.stderr
    return json.loads(finished.stdout)


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def has_ended(process):
    """Whether it is gone, though perhaps nobody has looked at its exit status."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def quarantine(small, verb, *arguments):
    command = [PERRIN, "quarantine", verb, str(small.path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@contextlib.contextmanager
def detached(small, *arguments):
    """A manager in the background, which is killed at last if it still runs."""
    process = answer(small.call("run", "--detach", "--json", *arguments))["process"]
    found = psutil.Process(process["pid"])
    try:
        yield found
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            for each in [*found.children(recursive=True), found]:
                each.kill()


@pytest.mark.slow
def test_in_the_background(trial, undisturbed):
    """From the start of a manager to its stop, and of the next one to the end."""
    small = trial(**LONG | {"time": 3.0})
    with detached(small) as manager:
        assert os.getsid(manager.pid) == manager.pid
        assert manager.terminal() is None
        assert os.readlink(f"/proc/{manager.pid}/fd/0") == "/dev/null"
        assert answer(small.call("status", "--json"))["manager"]["pid"] == manager.pid

        refused = small.call("run", "--detach")
        assert refused.returncode == 1
        assert f"process {manager.pid} on" in refused.stderr
        assert "perrin stop" in refused.stderr

        small.wait_for_claims()
        stopped = small.call("stop")
        assert stopped.returncode == 0
        assert "stopped; continue with" in stopped.stdout
        wait_until(lambda: has_ended(manager), 20)
    assert small.left_behind() == []

    with detached(small) as manager:
        wait_until(lambda: has_ended(manager), 240)
    assert small.data() == undisturbed(small.plan)
    small.assert_nothing_left()
    log = small.call("log", "--lines", "1000").stdout
    assert [f"generation {number}: process" in log for number in (1, 2, 3)] == [True, True, False]
    assert "draining" in log
    assert "the manager leaves (`perrin stop`)" in log
    assert "the manager leaves: 8/8 replicas" in log
    assert small.call("log", "--lines", "1").stdout.endswith("the manager leaves: 8/8 replicas\n")

    again = small.call("run", "--detach")
    assert again.returncode == 0
    assert "8/8 replicas" in again.stdout, "there was nothing to do"


def test_a_background_manager_that_cannot_begin_says_why(trial):
    small = trial(**LONG)
    small.layout.create()
    small.layout.index.joinpath("000001.jsonl").mkdir()
    failed = small.call("run", "--detach")
    assert failed.returncode == 1
    assert "the manager ended at once" in failed.stderr
    assert "000001.jsonl" in failed.stderr
    assert small.call("stop").stdout == "no manager is running\n"


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (signal.SIGTERM, 3, "SIGTERM"),
        (signal.SIGHUP, 3, "the terminal was closed"),
        (signal.SIGUSR1, 3, "its walltime is nearly over"),
        (signal.SIGINT, 130, "Ctrl-C"),
    ],
)
def test_exit_status_of_a_manager_that_was_asked_to_leave(trial, number, status, words):
    small = trial(executor="parsl", **LONG)
    manager = small.start("--json")
    small.wait_for_claims()
    os.kill(manager.pid, number)
    output, _ = manager.communicate(timeout=60)
    assert manager.returncode == status, output
    assert f"the manager leaves ({words}): 0/8" in small.call("log").stdout
    assert f'"left_after": "{words}"' in output
    assert small.left_behind() == []


def test_log_without_a_log(trial):
    finished = trial().call("log")
    assert finished.returncode == 1
    assert "nothing is logged yet" in finished.stderr


@pytest.fixture
def flawed(trial):
    """A campaign with two replicas that raise whenever they are tried."""

    def make(**options):
        small = trial(replicas=2, **options)
        text = small.path.read_text().replace("[sampling]", BAD_POINT + "[sampling]")
        small.path.write_text(text.replace("[resources]", "[resources]\nretries = 0"))
        return small

    return make


def test_quarantine(flawed):
    small = flawed()
    assert answer(quarantine(small, "list", "--json")) == []
    assert small.call("run", "--quiet").returncode == 1
    listed = answer(quarantine(small, "list", "--json"))
    assert [(entry["tries"], "N 5, T 1.5" in entry["what"]) for entry in listed] == [(1, True)] * 2
    assert all("time step is too large" in entry["reason"] for entry in listed)
    first, second = sorted(entry["key"] for entry in listed)
    shown = quarantine(small, "list").stdout
    assert first[:12] in shown
    assert "perrin retry" in shown

    unknown = small.call("retry", "zzz")
    assert unknown.returncode == 1
    assert "not in quarantine" in unknown.stderr
    assert answer(quarantine(small, "release", first[:8], "--json")) == {
        "released": [first],
        "manager": None,
    }
    assert [entry["key"] for entry in answer(quarantine(small, "list", "--json"))] == [second]
    assert small.events("released") == [], "only a manager writes a journal"
    assert small.call("why", first, "--json").stdout.count('"state": "pending"') == 1
    states = {
        entry["key"]: entry["state"] for entry in answer(small.call("ls", "--replicas", "--json"))
    }
    assert (states[first], states[second]) == ("pending", "quarantined")
    status = answer(small.call("status", "--json"))
    assert list(status["quarantined"]) == [second]
    assert status["outlook"]["core_hours_spent"] > 0

    assert small.call("run").returncode == 1
    assert [event["replicas"] for event in small.events("released")] == [[first]]
    assert [event["replica"] for event in small.events("failed")].count(first) == 2
    assert [event["replica"] for event in small.events("failed")].count(second) == 1
    assert "released from quarantine" in small.call("why", first).stdout
    assert "released from quarantine" not in small.call("why", second).stdout
    assert "2 entries" in small.call("retry").stdout
    assert answer(quarantine(small, "list", "--json")) == []


def test_a_running_manager_takes_up_what_is_released(flawed):
    """The two are in quarantine from a shorter run before."""
    small = flawed()
    assert small.call("run", "--quiet").returncode == 1
    small.path.write_text(small.path.read_text().replace("time = 0.2", "time = 20.0"))
    manager = small.start()
    small.wait_for_claims()
    assert f"process {manager.pid} on" in small.call("retry").stdout
    wait_until(lambda: len(small.events("released")) == 1, 10)
    assert manager.poll() is None
    manager.send_signal(signal.SIGTERM)
    output, _ = manager.communicate(timeout=60)
    assert manager.returncode == 3, output
    assert len(small.events("manager-started")) == 2
    queued = list(small.events("task", "released"))
    (number,) = (n for n, event in enumerate(queued) if event["event"] == "released")
    later = [set(event["replicas"]) for event in queued[number + 1 :]]
    assert set(queued[number]["replicas"]) in later
