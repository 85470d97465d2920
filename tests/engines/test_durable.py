import os

import pytest

from perrin.engines.durable import publish, replace, temporary_name, write_text


def test_publish_never_overwrites(tmp_path):
    path = tmp_path / "result.h5"
    for token, wins in (("a", True), ("b", False)):
        temporary = temporary_name(path, token)
        temporary.write_text(token)
        assert publish(temporary, path) is wins
        assert not temporary.exists()
    assert path.read_text() == "a"


def test_replace_always_overwrites(tmp_path):
    path = tmp_path / "checkpoint.h5"
    for token in "ab":
        temporary = temporary_name(path, token)
        temporary.write_text(token)
        replace(temporary, path)
    assert path.read_text() == "b"
    assert os.listdir(tmp_path) == ["checkpoint.h5"]


def test_write_text_leaves_nothing_behind_when_it_fails(tmp_path):
    (tmp_path / "claim").mkdir()
    (tmp_path / "claim" / "child").touch()
    with pytest.raises(OSError, match="claim"):
        write_text(tmp_path / "claim", "text", "token")
    assert os.listdir(tmp_path) == ["claim"]
