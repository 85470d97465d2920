"""State points that should not be trusted are named by `perrin reduce`, and left out on demand."""

import json

import pytest
import xarray as xr
from typer.testing import CliRunner

from perrin.campaign.cli import app
from perrin.campaign.report import summary
from perrin.campaign.report.findings import Learned
from perrin.campaign.verbs.unsound import NothingSoundError, sound_part, unsound_points

DEEP = "amplitude = 30.0"


def reduce(small, *options):
    return CliRunner().invoke(app, ["reduce", str(small.path), *options])


def reduction(*reasons):
    return xr.Dataset(
        {
            "unsound_because": ("state_point", list(reasons)),
            "is_sound": ("state_point", [not reason for reason in reasons]),
            "replicas": ("state_point", [4] * len(reasons)),
        },
        coords={"state_point": [f"point{number}" for number in range(len(reasons))]},
    )


def test_unsound_points_are_left_out_and_nothing_else_changes():
    dataset = reduction("", "frozen", "")
    assert unsound_points(dataset) == {"point1": "frozen"}
    kept = sound_part(dataset)
    assert kept["state_point"].values.tolist() == ["point0", "point2"]
    assert kept["replicas"].dtype == dataset["replicas"].dtype


def test_without_a_sound_point_nothing_is_written():
    with pytest.raises(NothingSoundError, match="none of 2 state points is sound"):
        sound_part(reduction("frozen", "frozen"))


def test_the_report_counts_the_fields_that_teach_and_judge_nothing():
    """They are left out of every data set; see `ml.profiles.Profiles.usable`."""
    told = [block.text for block in summary._left_out(Learned(unusable=1, discarded=3))]
    assert [text.split(" left out")[0] for text in told] == [
        "1 held-out field",
        "3 training fields",
    ]
    assert list(summary._left_out(Learned())) == []


def test_reduce_names_what_is_not_sound_and_leaves_it_out(trial):
    """60 particles in a well of 19 k_B T: 12 expected visits of a place of density 0.01."""
    small = trial(replicas=12, time=2.0, replicas_per_task=12, segment_steps=10_000)
    small.path.write_text(small.path.read_text().replace("amplitude = 3.0", DEEP))
    small.run()
    told = json.loads(reduce(small, "--json").output)
    ((name, reason),) = told["unsound"].items()
    assert reason.startswith("particles hardly ever visit some places")
    assert told["left_out"] == []
    assert xr.load_dataset(told["data"]).sizes["state_point"] == 2

    shown = reduce(small, "--sound")
    assert shown.exit_code == 0, shown.output
    assert "left out 1 of 2 state points" in shown.output
    assert f"{name[:8]}  particles hardly ever visit" in shown.output
    fields = xr.load_dataset(told["data"])
    assert fields["is_sound"].values.tolist() == [True]
    assert name not in fields["state_point"].values
    assert reduce(small, "--sound", "--over-time").exit_code == 2
