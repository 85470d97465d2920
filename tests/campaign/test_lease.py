import dataclasses
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from perrin.campaign.lease import Lease, LeaseError, holder, living_holder, newest_generation
from perrin.campaign.processes import ProcessName

ACQUIRE = """
import sys, time
from pathlib import Path
from perrin.campaign import lease as module
from perrin.campaign.lease import Lease, LeaseError
module.RENEWAL_SECONDS = 0.1
while time.time() < float(sys.argv[2]):
    pass
try:
    lease = Lease.acquire(Path(sys.argv[1]), expiry_seconds=float(sys.argv[3]), on_wait=id)
except LeaseError as error:
    print("refused:", error, flush=True)
else:
    print("manager", flush=True)
    with lease.renewed():
        sys.stdin.read()
"""
RENAMED = 'hostname login2 && exec "$@"'
LOGIN_NODES = {
    "one host": [],
    "one kernel, two names": ["unshare", "--uts", "--fork", "sh", "-c", RENAMED, "sh"],
    "two containers": ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"],
}


def apart(prefix):
    """What to put before a command to separate its process from this one, if that is allowed."""
    if prefix and subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("namespaces need root")
    return prefix


def contender(prefix, directory, at=0.0, expiry=1.0):
    command = [*prefix, sys.executable, "-c", ACQUIRE, str(directory), str(at), str(expiry)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def forge(directory, generation, **changes):
    name = dataclasses.replace(ProcessName.mine(), **changes)
    (directory / f"{generation:06d}.json").write_text(json.dumps(name.as_document()))


@pytest.mark.parametrize("login", LOGIN_NODES)
def test_of_many_at_once_one_wins(tmp_path, login):
    """They wait for the same moment, half of them here and half of them there."""
    prefix, at = apart(LOGIN_NODES[login]), time.time() + 4.0
    processes = [contender(where, tmp_path, at) for where in (prefix, []) for _ in range(3)]
    answers = sorted(process.stdout.readline().split()[0] for process in processes)
    for process in processes:
        process.communicate()
    assert answers == ["manager", *["refused:"] * 5]
    assert newest_generation(tmp_path) == 1


@pytest.mark.parametrize("login", LOGIN_NODES)
def test_a_living_manager_elsewhere_keeps_it(tmp_path, login):
    """Wherever it is, it is asked or waited for, and never mistaken for a dead one."""
    prefix = apart(LOGIN_NODES[login])
    first = contender(prefix, tmp_path)
    assert first.stdout.readline() == "manager\n"
    second = contender([], tmp_path, expiry=3.0)
    assert "manages this campaign" in second.stdout.readline()
    for process in (first, second):
        process.communicate()


def test_a_living_holder_keeps_it(tmp_path):
    Lease.acquire(tmp_path)
    with pytest.raises(LeaseError, match="perrin stop"):
        Lease.acquire(tmp_path)


def test_a_released_lease_is_free(tmp_path):
    Lease.acquire(tmp_path).release()
    assert holder(tmp_path) is None
    assert Lease.acquire(tmp_path).generation == 2


@pytest.mark.parametrize("change", [{"pid": 2**22 - 1}, {"started": 1}])
def test_a_dead_holder_loses_it_at_once(tmp_path, change):
    """A reused pid is another process: its start time differs."""
    forge(tmp_path, 1, **change)
    assert Lease.acquire(tmp_path).generation == 2


def test_a_silent_foreign_holder_loses_it_in_time(tmp_path):
    forge(tmp_path, 1, boot="elsewhere")
    said = []
    began = time.monotonic()
    lease = Lease.acquire(tmp_path, expiry_seconds=0.5, on_wait=said.append)
    assert lease.generation == 2
    assert time.monotonic() - began >= 0.5
    assert "waiting" in said[0]


def test_a_foreign_holder_is_seen_as_long_as_it_renews(tmp_path):
    forge(tmp_path, 1, boot="elsewhere")
    assert living_holder(tmp_path) == holder(tmp_path) is not None
    long_ago = time.time() - 90.0
    os.utime(tmp_path / "000001.json", (long_ago, long_ago))
    assert living_holder(tmp_path) is None
    Lease(tmp_path, 1).renew()
    assert living_holder(tmp_path) is not None
    assert os.listdir(tmp_path) == ["000001.json"]


def test_a_foreign_holder_that_renews_keeps_it(tmp_path):
    forge(tmp_path, 1, boot="elsewhere")
    foreign = Lease(tmp_path, 1)
    renewing = threading.Timer(0.2, foreign.renew)
    renewing.start()
    with pytest.raises(LeaseError, match="takeover"):
        Lease.acquire(tmp_path, expiry_seconds=2.0, on_wait=lambda _: None)
    renewing.join()


def test_takeover_does_not_ask_and_the_old_manager_notices(tmp_path):
    old = Lease.acquire(tmp_path)
    new = Lease.acquire(tmp_path, takeover=True)
    assert new.is_current()
    with pytest.raises(LeaseError, match="generation 2 manages"):
        old.check()
