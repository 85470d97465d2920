"""Small real campaigns, and their undisturbed results."""

from __future__ import annotations

import pytest
from filelock import FileLock

from perrin.tests.support.trial import LEARNING, LEARNING_OPTIONS, TEXT, Trial


@pytest.fixture
def trial(tmp_path):
    """Make campaigns; whatever still runs at the end of the test is killed."""
    made = []

    def learning(name="learning", directory=tmp_path, **options):
        path = directory / f"{name}.toml"
        path.write_text(LEARNING.format(**{**LEARNING_OPTIONS, **options}))
        made.append(Trial(path))
        return made[-1]

    def make(name="small", directory=tmp_path, **options):
        values = {
            "replicas": 4,
            "time": 0.2,
            "replicas_per_task": 2,
            "segment_steps": 500,
            "workers": 1,
            "executor": "dask",
            **options,
        }
        path = directory / f"{name}.toml"
        path.write_text(TEXT.format(**values))
        made.append(Trial(path))
        return made[-1]

    make.learning = learning
    yield make
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def learned(tmp_path_factory, worker_id):
    """A small learning campaign that ran to its end undisturbed, once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    with FileLock(shared / "learned.lock"):
        path = shared / "learned" / "learning.toml"
        if not path.exists():
            path.parent.mkdir()
            path.write_text(LEARNING.format(**LEARNING_OPTIONS))
            Trial(path).run()
    return Trial(path)
