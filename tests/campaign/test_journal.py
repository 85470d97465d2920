from perrin.campaign.journal import KEPT_GENERATIONS, Journal, read_events, read_state
from perrin.campaign.processes import ProcessName
from perrin.campaign.verdict import judge_crash, judge_failures, must_isolate


def test_state_survives_generations(tmp_path):
    for generation in (1, 2, 3):
        journal = Journal(tmp_path, generation)
        judge_failures(journal, {"a": "Traceback\nValueError: no"}, "t", retries=2)
        journal.close()
    state = read_state(tmp_path)
    assert state.failures == {"a": 3}
    assert "raised 3 times; last: ValueError: no" in state.quarantined["a"]


def test_a_torn_snapshot_falls_back_on_the_generation_before(tmp_path):
    journal = Journal(tmp_path, 1)
    journal.record("failed", replica="a", token="t", traceback="")
    journal.close()
    journal = Journal(tmp_path, 2)
    journal.close()
    newest = tmp_path / "000002.jsonl"
    newest.write_bytes(newest.read_bytes()[:30])
    assert read_state(tmp_path).failures == {"a": 1}


def test_three_crashes_quarantine_and_two_isolate(tmp_path):
    journal = Journal(tmp_path, 1)
    for _ in range(2):
        judge_crash(journal, ["a", "b"], "t", "killed")
    assert must_isolate(journal, "a")
    assert not journal.state.quarantined
    judge_crash(journal, ["a"], "t", "killed")
    assert set(journal.state.quarantined) == {"a"}
    journal.close()


def test_processes_are_remembered_until_they_ended(tmp_path):
    journal = Journal(tmp_path, 1)
    mine = ProcessName.mine()
    journal.record("started-processes", processes=[mine.as_document()])
    journal.close()
    journal = Journal(tmp_path, 2)
    assert journal.state.processes == [mine]
    journal.record("ended-processes")
    assert journal.state.processes == []
    journal.close()


def test_old_generations_are_pruned(tmp_path):
    for generation in range(1, KEPT_GENERATIONS + 5):
        Journal(tmp_path, generation).close()
    assert len(list(tmp_path.glob("*.jsonl"))) == KEPT_GENERATIONS
    assert all(event["event"] == "snapshot" for event in read_events(tmp_path))
