"""The command, verb by verb, on one small campaign."""

import json

import numpy as np
import pytest
import xarray as xr


def answer(finished, code=0):
    assert finished.returncode == code, finished.stdout + finished.stderr
    return json.loads(finished.stdout)


def test_every_verb_tells_the_same_story(trial):
    small = trial(replicas=2)
    planned = answer(small.call("plan", "--json"))
    assert (planned["state_points"], planned["replicas"], planned["replicas_published"]) == (
        2,
        4,
        0,
    )
    assert planned["left"]["tasks"] == 2
    assert not small.layout.root.exists(), "plan runs nothing and writes nothing"

    ran = answer(small.call("run", "--json"))
    assert ran["complete"]
    assert ran["replicas_done"] == 4

    status = answer(small.call("status", "--json"))
    assert status["manager"] is None
    assert status["outlook"]["core_hours_spent"] > 0
    assert small.call("status", "--watch", "--json").returncode == 2
    assert status["steps_done"] == status["steps_total"] == 4 * (200 + 200 + 2000)

    points = answer(small.call("ls", "--json"))
    assert [point["done"] for point in points] == [2, 2]
    replicas = answer(small.call("ls", "--replicas", "--json"))
    assert {replica["state"] for replica in replicas} == {"published"}
    assert {replica["key"] for replica in replicas} == set(small.published())

    why = answer(small.call("why", replicas[0]["key"][:10], "--json"))
    assert why["state"] == "published"
    assert any("from its seed" in line for line in why["story"])
    assert answer(small.call("verify", "--json")) == {"files": 2, "damaged": []}

    reduced = answer(small.call("reduce", "--json"))
    with xr.open_dataset(reduced["data"], engine="h5netcdf") as fields:
        assert dict(fields.sizes)["state_point"] == 2
        mean = (fields["density"].mean("bin") * 6.0**3).values
        np.testing.assert_allclose(sorted(mean), [40, 60])
        assert (fields["density_error"] > 0).any()
    assert small.layout.reduced.joinpath("one_body.png").stat().st_size > 10_000


def test_why_says_what_changed(trial):
    small = trial(replicas=2)
    small.run()
    text = small.path.read_text().replace("temperature = 1.5", "temperature = 1.6")
    small.path.write_text(text)
    key = next(iter(small.plan.wanted))
    why = answer(small.call("why", key, "--json"))
    assert why["state"] == "pending"
    assert "state_point.temperature: 1.5 -> 1.6" in why["story"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["why", "zzz"], "no replica of this campaign"),
        (["run", "--site", "nowhere"], "no such site; known: "),
        (["reduce"], "no replica to reduce"),
    ],
)
def test_errors_are_one_message(trial, arguments, message):
    finished = trial().call(arguments[0], *arguments[1:])
    assert finished.returncode == 1
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_wrong_file_is_one_message_and_loses_nothing(trial):
    small = trial(replicas=2)
    small.run()
    before = small.data()
    good = small.path.read_text()
    small.path.write_text(good.replace("box_length", "boxlength"))
    finished = small.call("run")
    assert finished.returncode == 1
    assert "did you mean 'box_length'?" in finished.stderr
    small.path.write_text(good)
    assert small.data() == before


def test_stop_without_a_manager_says_so(trial):
    assert "no manager" in trial().call("stop").stdout
