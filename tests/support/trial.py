"""A small real campaign on disk, and the processes started on it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from perrin.campaign.claims import read_claims
from perrin.campaign.journal import read_events, read_state
from perrin.campaign.layout import Layout
from perrin.campaign.lease import newest_generation
from perrin.campaign.open_plan import open_plan
from perrin.engines.ensemble import EnsembleFile

PERRIN = str(Path(sys.executable).with_name("perrin"))

TEXT = """
name = "small"
[problem]
engine = "brownian"
seed = 11
replicas = {replicas}
[problem.parameters]
temperature = 1.5
box_length = 6.0
potential = {{ kind = "lennard-jones" }}
[problem.dynamics]
bulk_time = 0.02
[[problem.points]]
particles = 40
[[problem.points]]
particles = 60
[problem.points.field]
kind = "planar-fourier"
x = {{ constant = 5.0 }}
z = {{ constant = 2.0, modes = [{{ amplitude = 3.0, wavenumber = 1, phase = 0.5 }}] }}
[sampling]
transient_time = 0.02
time = {time}
[resources]
replicas_per_task = {replicas_per_task}
segment_steps = {segment_steps}
workers = {workers}
executor = "{executor}"
"""

LEARNING = """
name = "learning"
[problem]
engine = "brownian"
seed = 5
replicas = 1
[problem.parameters]
temperature = 1.5
box_length = 6.0
potential = {{ kind = "lennard-jones" }}
[problem.dynamics]
bulk_time = 0.02
[problem.random]
count = 4
particles = [40, 60]
[problem.random.field]
constant = [0.0, 5.0]
amplitude_xy = [0.0, 10.0]
[sampling]
transient_time = 0.02
time = 0.2
block_time = 0.05
bin_width = 0.3
[learning]
committee = 2
rounds = {rounds}
candidates = {candidates}
labels = 2
held_out = 2
{baseline}
[learning.functional]
window = 0.9
filters = [4]
nodes = 8
[learning.training]
epochs = {epochs}
batch_size = 16
learning_rate = {learning_rate}
validation = 0.25
processes = {processes}
[learning.exploration]
iterations = {iterations}
tolerance = 0.05
[learning.trust]
low = {low}
high = 1e5
[resources]
retries = 0
segment_steps = 500
"""
LEARNING_OPTIONS = {
    "rounds": 1,
    "candidates": 8,
    "baseline": 'baseline = "random"',
    "epochs": 3,
    "learning_rate": 1e-3,
    "iterations": 50,
    "low": 1e-6,
    "processes": 1,
}


def fingerprint_of(state):
    """Digest of everything in the state of a replica, bit for bit."""
    digest = hashlib.sha256(str(state.step).encode())
    for arrays in (state.dynamics, state.statistics):
        for name in sorted(arrays):
            digest.update(name.encode() + arrays[name].tobytes())
    return digest.hexdigest()


@dataclass
class Trial:
    """A campaign on disk and the processes started on it."""

    path: Path
    processes: list = field(default_factory=list)
    environment: dict = field(default_factory=dict)

    @property
    def layout(self):
        return Layout.of(self.path)

    @property
    def plan(self):
        return open_plan(self.path)[0]

    def start(self, *arguments, **options):
        process = subprocess.Popen(
            [PERRIN, "run", str(self.path), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, **self.environment},
            **options,
        )
        self.processes.append(process)
        return process

    def call(self, verb, *arguments, timeout=240):
        command = [PERRIN, verb, str(self.path), *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            start_new_session=True,
            env={**os.environ, **self.environment},
        )

    def run(self, *arguments):
        finished = self.call("run", *arguments)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished

    def published(self):
        """Key -> records of that replica in all result files."""
        found = {}
        for path in sorted(self.layout.results.glob("*.h5")):
            with EnsembleFile(path) as file:
                for record in file.records():
                    found.setdefault(record.key, []).append(record)
        return found

    def checkpointed(self):
        """Key -> records of that replica in all checkpoints."""
        found = {}
        for path in sorted(self.layout.checkpoints.glob("[!.]*.h5")):
            with contextlib.suppress(FileNotFoundError), EnsembleFile(path) as file:
                for record in file.records():
                    found.setdefault(record.key, []).append(record)
        return found

    def durable(self):
        """Key -> furthest record, published or not, to be taken while nothing runs."""
        found = {}
        for records in (self.checkpointed(), self.published()):
            for key, group in records.items():
                best = max([*found.get(key, []), *group], key=lambda r: r.state.step)
                found[key] = [best]
        return {key: records[0] for key, records in found.items()}

    @staticmethod
    def digest(record):
        return fingerprint_of(record.state)

    def data(self):
        """Key -> digest; every replica must be published exactly once."""
        published = self.published()
        assert all(len(records) == 1 for records in published.values())
        return {key: fingerprint_of(records[0].state) for key, records in published.items()}

    def events(self, *names):
        return [e for e in read_events(self.layout.journal) if e["event"] in names]

    def wait_for_generation(self, generation, seconds=60):
        """Wait until the manager of this generation has the lease."""
        deadline = time.monotonic() + seconds
        while newest_generation(self.layout.lease) < generation:
            if time.monotonic() > deadline:
                raise TimeoutError("no manager got going")
            time.sleep(0.01)

    def wait_for_claims(self, count=1, beyond=0, seconds=60):
        """Wait until `count` tries of the newest manager have got beyond a step."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.layout.claims.exists():
                newest = newest_generation(self.layout.lease)
                claims = read_claims(self.layout.claims)
                found = [c for c in claims if c.generation == newest and c.steps_done > beyond]
                if len(found) >= count:
                    return found
            self.check_manager()
            time.sleep(0.02)
        raise TimeoutError("no worker got going")

    def check_manager(self):
        """Raise, with its words, if the last manager has failed."""
        if self.processes and self.processes[-1].poll():
            raise RuntimeError(self.processes[-1].communicate()[0])

    def left_behind(self):
        """Processes that still know of the campaign's directory."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(str(self.layout.root) in part for part in process.info["cmdline"] or [])
        ]

    def assert_nothing_left(self):
        assert self.left_behind() == []
        assert list(self.layout.claims.iterdir()) == []
        assert list(self.layout.checkpoints.iterdir()) == []

    def selections(self):
        return read_state(self.layout.journal).selections

    def models(self):
        """Key of every trained member -> digests of its parameters, process by process."""
        paths = sorted(self.layout.models.glob("*.json"))
        trained = {path.stem: json.loads(path.read_text())["training"] for path in paths}
        return {key: training["parameters"] for key, training in trained.items()}

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
