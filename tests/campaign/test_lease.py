import dataclasses
import json
import subprocess
import sys
import threading
import time

import pytest

from perrin.campaign.lease import Lease, LeaseError, holder, newest_generation
from perrin.campaign.processes import ProcessName

ACQUIRE = """
import sys, time
from pathlib import Path
from perrin.campaign.lease import Lease, LeaseError
while time.time() < float(sys.argv[2]):
    pass
try:
    Lease.acquire(Path(sys.argv[1]))
except LeaseError:
    print("refused", flush=True)
else:
    print("manager", flush=True)
sys.stdin.read()
"""


def forge(directory, generation, **changes):
    name = dataclasses.replace(ProcessName.mine(), **changes)
    (directory / f"{generation:06d}.json").write_text(json.dumps(name.as_document()))


def test_of_many_at_once_one_wins(tmp_path):
    command = [sys.executable, "-c", ACQUIRE, str(tmp_path), str(time.time() + 2.5)]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    answers = sorted(process.stdout.readline().strip() for process in processes)
    for process in processes:
        process.communicate()
    assert answers == ["manager", "refused", "refused", "refused"]
    assert newest_generation(tmp_path) == 1


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
