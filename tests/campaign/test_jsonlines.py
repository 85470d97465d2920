import errno
import json
import os

import pytest

from perrin.campaign import jsonlines
from perrin.campaign.jsonlines import JsonLines, read_json_lines


def test_what_is_appended_is_read(tmp_path):
    log = JsonLines(tmp_path / "log.jsonl")
    log.append({"a": 1}, {"a": 2})
    log.append({"a": 3})
    log.close()
    assert [r["a"] for r in read_json_lines(tmp_path / "log.jsonl")] == [1, 2, 3]


@pytest.mark.parametrize("kept", range(1, 10))
def test_a_torn_line_costs_only_itself(tmp_path, kept):
    path = tmp_path / "log.jsonl"
    log = JsonLines(path)
    log.append({"a": 1})
    log.append({"a": 2})
    log.close()
    path.write_bytes(path.read_bytes()[:-kept])
    log = JsonLines(path)
    log.append({"a": 3})
    log.close()
    read = [r["a"] for r in read_json_lines(path)]
    assert read in ([1, 3], [1, 2, 3])


def test_rubbish_between_lines_is_skipped(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a":1}\n\xff\xfe\n[1]\n{"a":\n{"a":2}\n')
    assert [r["a"] for r in read_json_lines(path)] == [1, 2]


def test_a_missing_log_is_empty(tmp_path):
    assert list(read_json_lines(tmp_path / "none.jsonl")) == []


def test_space_is_held_in_reserve(tmp_path):
    JsonLines(tmp_path / "log.jsonl").close()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 1 << 20


def test_lines_are_json(tmp_path):
    log = JsonLines(tmp_path / "log.jsonl")
    log.append({"text": "two\nlines"})
    log.close()
    assert json.loads((tmp_path / "log.jsonl").read_text()) == {"text": "two\nlines"}


def test_what_was_written_outlives_the_process_before_it_is_synced(tmp_path):
    log = JsonLines(tmp_path / "log.jsonl")
    log.write({"a": 1}, {"a": 2})
    assert [r["a"] for r in read_json_lines(tmp_path / "log.jsonl")] == [1, 2]
    log.close()


def test_one_sync_for_many_writes(tmp_path, monkeypatch):
    log = JsonLines(tmp_path / "log.jsonl")
    synced = []
    monkeypatch.setattr(jsonlines.os, "fsync", synced.append)
    for number in range(5):
        log.write({"a": number})
    log.sync()
    log.sync()
    assert len(synced) == 1


def failing(function, times):
    """A system call that finds the disk full at first."""
    left = [times]

    def call(*arguments):
        if left[0]:
            left[0] -= 1
            raise OSError(errno.ENOSPC, "full")
        return function(*arguments)

    return call


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_is_waited_for(tmp_path, monkeypatch, call):
    """First the reserve is given up, then it waits; nothing is lost."""
    log = JsonLines(tmp_path / "log.jsonl")
    monkeypatch.setattr(jsonlines, "_FULL_DISK_POLL_SECONDS", 0.01)
    log.append({"a": 1})
    monkeypatch.setattr(jsonlines.os, call, failing(getattr(os, call), 2))
    log.write({"a": 2})
    log.write({"a": 3})
    log.close()
    read = [r["a"] for r in read_json_lines(tmp_path / "log.jsonl")]
    assert list(dict.fromkeys(read)) == [1, 2, 3]
    assert not (tmp_path / "reserve").exists()
