"""What names a trained member, and how the programs that train it begin and fail."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from perrin.ml.architecture import Architecture
from perrin.ml.settings import FunctionalSettings, TrainingSettings
from perrin.ml.train_member import LAUNCHER_VARIABLE, _failure_noted
from perrin.ml.training_job import FAILURE_FILE, Member, TrainingJob, member_from

MEMBER = Member(
    data="0123456789abcdef",
    number=1,
    seed=17,
    architecture=Architecture.of(FunctionalSettings(), 0.1),
    settings=TrainingSettings(),
    validation=("field0",),
)


def make_job(scratch):
    return TrainingJob(MEMBER, "data", "output", "checkpoint", ("a",), str(scratch), "token", "x")


def test_the_key_of_a_member_is_pinned():
    assert MEMBER.key == "fee371c5975ad3241657c1caabdd58a4"
    four = MEMBER.settings.model_copy(update={"processes": 4})
    assert replace(MEMBER, settings=four).key == MEMBER.key
    assert replace(MEMBER, number=2).key != MEMBER.key


def test_a_job_comes_back_with_its_processes(tmp_path):
    four = replace(MEMBER, settings=MEMBER.settings.model_copy(update={"processes": 4}))
    job = replace(make_job(tmp_path), member=four)
    job.save(tmp_path / "job.json")
    loaded = TrainingJob.load(tmp_path / "job.json")
    assert loaded.member == four
    assert replace(loaded, resume=job.resume) == job
    assert member_from(MEMBER.document()).key == MEMBER.key


def test_the_first_failure_counts(tmp_path):
    job = make_job(tmp_path)
    for reason in ("root cause", "connection closed by peer"):
        with pytest.raises(ValueError, match=reason), _failure_noted(job):
            raise ValueError(reason)
    text = (tmp_path / FAILURE_FILE).read_text()
    assert "root cause" in text
    assert "closed" not in text


@pytest.mark.parametrize(
    "program",
    [
        ("perrin.campaign.learning.torchrun", str(os.getppid()), "2", "job.json"),
        ("perrin.ml.train_member", "job.json"),
    ],
)
def test_what_lost_its_parent_before_it_began_ends_at_once(program, tmp_path):
    """Neither of them gets as far as to miss the job file."""
    ended = subprocess.run(
        [sys.executable, "-m", *program],
        env={**os.environ, LAUNCHER_VARIABLE: str(os.getppid())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")
