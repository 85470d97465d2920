import json

import pytest

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
