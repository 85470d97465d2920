"""manager.log: readable, bounded, and never in the way."""

import re

from perrin.campaign.logbook import LARGEST_BYTES, Logbook, Tail, last_lines, page_before

STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ")


def test_every_line_has_a_time_and_the_rest_of_a_remark_is_indented(tmp_path):
    path = tmp_path / "manager.log"
    Logbook(path).write("one\n")
    Logbook(path).write("two\nmore of two")
    one, two, more = path.read_text().splitlines()
    assert STAMP.sub("", one) == "one"
    assert STAMP.sub("", two) == "two"
    assert more == " " * 21 + "more of two"


def test_it_is_bounded_and_a_reader_loses_nothing(tmp_path):
    path = tmp_path / "manager.log"
    log, read = Logbook(path), []
    log.write("before")
    tail = Tail(path)
    for number in range(60):
        log.write(f"{number} " + 50_000 * "x")
        if number % 3 == 0:
            read += tail.read()
    read += tail.read()
    assert [int(STAMP.sub("", line).split()[0]) for line in read] == list(range(60))
    assert path.stat().st_size + page_before(path).stat().st_size < 2.2 * LARGEST_BYTES
    assert [STAMP.sub("", line)[:2] for line in last_lines(path, 25)] == [
        str(number) for number in range(35, 60)
    ]


def test_a_reader_may_be_there_first_and_sees_whole_lines_only(tmp_path):
    path = tmp_path / "manager.log"
    tail = Tail(path)
    assert tail.read() == []
    path.write_text("half a l")
    assert tail.read() == []
    path.write_text("half a line\n")
    assert tail.read() == ["half a line"]


def test_a_log_that_cannot_be_written_is_done_without(tmp_path):
    Logbook(tmp_path / "nowhere" / "manager.log").write("nobody hears")
