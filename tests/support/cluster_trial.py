"""A campaign on a private Slurm cluster, and what must hold after any fault."""

from __future__ import annotations

import itertools
import json
import time

from perrin.tests.support.trial import TEXT, Trial

SITE = """
name = "private"
executor = "{executor}"
heartbeat_seconds = 1
[slurm]
partition = "main"
cores_per_node = 1
max_blocks = {blocks}
walltime = "{walltime}"
interface = "lo"
idle_seconds = 2
poll_seconds = 1
setup = {setup}
exclusive = {exclusive}
"""
OPTIONS = {"blocks": 2, "walltime": "00:10:00", "setup": [], "exclusive": False}


class ClusterTrial(Trial):
    """A campaign whose blocks run on a cluster of its own."""

    def start(self, *arguments, **options):
        return super().start("--yes", *arguments, **options)

    def run(self, *arguments):
        return super().run("--yes", *arguments)

    def wait_for_events(self, name, count, seconds=90, **details):
        """Wait until the journal has so many events like this."""
        deadline = time.monotonic() + seconds
        while True:
            found = [
                event
                for event in self.events(name)
                if all(event.get(key) == value for key, value in details.items())
            ]
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} events {name} {details}")
            self.check_manager()
            time.sleep(0.1)

    def note_completed(self, completed):
        """Remember which replicas are complete by now, and who computed them."""
        for key, record in self.durable().items():
            if record.state.step >= self.plan.wanted[key][0].total_steps:
                completed.setdefault(key, record.runs)

    def assert_not_recomputed(self, completed):
        published = {key: records[0] for key, records in self.published().items()}
        for key, runs in completed.items():
            assert published[key].runs == runs, "a completed replica was computed again"
        for record in published.values():
            steps = [(run.first_step, run.last_step) for run in record.runs]
            assert steps[0][0] == 0
            assert all(a[1] == b[0] for a, b in itertools.pairwise(steps))

    def assert_at_most_a_segment_lost(self):
        """What a worker had reported when it was lost is where the next try began, or before it."""
        events = self.events("task", "try-ended")
        for number, event in enumerate(events):
            if event["event"] != "try-ended" or not event["ending"].startswith("lost"):
                continue
            again = [
                e for e in events[number:] if e["event"] == "task" and e["task"] == event["task"]
            ]
            if again and "steps_done" in event:
                assert sum(again[0]["replicas"].values()) >= event["steps_done"]


def write_campaign(directory, cluster, *, executor, text=TEXT, site=None, name="small", **options):
    """Write a campaign and its site; the environment lets it find the cluster."""
    values = {
        "replicas": 4,
        "time": 0.2,
        "replicas_per_task": 2,
        "segment_steps": 500,
        "workers": 2,
        "executor": executor,
        **options,
    }
    wanted = {**OPTIONS, "executor": executor, **(site or {})}
    for option in ("setup", "exclusive"):
        wanted[option] = json.dumps(wanted[option])
    (directory / "private.toml").write_text(SITE.format(**wanted))
    path = directory / f"{name}.toml"
    path.write_text(text.format(**values) + 'site = "private.toml"\n')
    return ClusterTrial(path, environment=dict(cluster.environment))
