"""Adding replicas until the error is small enough: the rule, and real campaigns."""

import json
import math
import shutil
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from perrin.analysis.grouped_sums import GROUPS, GroupedSums, jackknife
from perrin.analysis.one_body import UNITS
from perrin.campaign.load import load_campaign
from perrin.campaign.precision.decision import decide
from perrin.campaign.precision.measurement import Measurement, one_number
from perrin.campaign.precision.rule import next_replicas, replicas_needed, widened
from perrin.campaign.spec import Precision, Quantity
from perrin.campaign.spec_errors import SpecError

TARGET = 0.02
TABLE = '\n[precision]\nquantity = "{quantity}"\nerror = {error}\nmost_replicas = {most}\n'


# --- the rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [4, 5, 20, GROUPS])
def test_what_meets_the_target_is_the_deviation_of_students_t(replicas):
    assert widened(0.3, replicas) == pytest.approx(0.3 * stats.t(replicas - 1).std())


def test_the_error_of_more_groups_than_there_are_is_not_known_better():
    assert widened(1.0, 10 * GROUPS) == widened(1.0, GROUPS)


@pytest.mark.parametrize("error", [0.1, 0.9, 1.0, 1.7, 4.0, 12.0])
@pytest.mark.parametrize("replicas", [4, 9, 64, 200])
def test_as_many_are_needed_as_make_the_expected_error_small_enough(error, replicas):
    def expected(count):
        return widened(error * math.sqrt(replicas / count), count)

    needed = replicas_needed(error, replicas, 1.0)
    assert expected(max(needed, 4)) <= 1.0 + 1e-12
    assert needed <= 4 or expected(needed - 1) > 1.0


def test_growth_is_one_replica_at_least_and_a_doubling_at_most():
    assert next_replicas(1e6, 10, 1.0) == 20
    assert next_replicas(0.9, 10, 1.0) == 11


def campaign_of(values, precision):
    """Decide on synthetic replicas until nothing is added; return how many were taken."""
    count, decision = 4, None
    while True:
        groups = min(count, GROUPS)
        sums = np.bincount(np.arange(count) % GROUPS, values[:count], minlength=groups)
        sizes = np.bincount(np.arange(count) % GROUPS, minlength=groups)
        without = (sums.sum() - sums) / (count - sizes)
        error = math.sqrt((groups - 1) * without.var())
        found = Measurement(count, error, 0.0)
        decision = decide(precision, "synthetic", count, found, decision)
        if decision.is_final:
            assert decision.is_met
            return count
        count = decision.wanted


def test_the_error_of_the_synthetic_replicas_is_the_jackknife():
    values = np.random.default_rng(0).normal(size=150)
    groups = GroupedSums()
    for number, value in enumerate(values):
        groups.add(number, {"sum": np.array([value]), "count": np.array([1])})
    estimates = jackknife(groups.stacked(), lambda sums: {"mean": sums["sum"] / sums["count"]})
    sums = np.bincount(np.arange(150) % GROUPS, values)
    sizes = np.bincount(np.arange(150) % GROUPS)
    without = (values.sum() - sums) / (150 - sizes)
    assert estimates["mean"][1][0] == pytest.approx(math.sqrt((GROUPS - 1) * without.var()))


def root_mean(squares):
    """Root of the mean of squares, and its standard error."""
    root = math.sqrt(squares.mean())
    return root, squares.std() / math.sqrt(len(squares)) / (2 * root)


@pytest.mark.parametrize("ideal", [10, 30, 100])
def test_the_true_error_meets_the_target(ideal):
    """Many campaigns of Gaussian replicas, `ideal` of which give the target: error over target.

    The number N of replicas follows from their scatter alone, which is independent of their mean:
    the mean square deviation of the mean from the truth is <sigma^2/N>. Its bound is that of the
    docstring of the rule, 1.06, plus three of its standard errors; without the factor of Student's
    t it is 1.18, 1.24 and 1.11. What that costs is bounded too.
    """
    generator, repetitions = np.random.default_rng(7), 5000
    precision = Precision(quantity="energy", error=1 / math.sqrt(ideal), most_replicas=10**6)
    counts, deviations = np.empty(repetitions), np.empty(repetitions)
    for number in range(repetitions):
        values = generator.normal(size=20 * ideal)
        count = campaign_of(values, precision)
        counts[number], deviations[number] = count, values[:count].mean()
    seen, seen_error = root_mean(ideal * deviations**2)
    known, known_error = root_mean(ideal / counts)
    assert abs(seen - known) < 3 * math.hypot(seen_error, known_error)
    assert known_error < 0.015
    assert 0.9 < known < 1.06 + 3 * known_error
    assert counts.mean() / ideal < 1.3


PRECISION = Precision(quantity="energy", error=1.0, most_replicas=10)


def test_most_replicas_bound_what_is_added():
    assert decide(PRECISION, "e", 8, Measurement(8, 5.0, 0.0)).wanted == 10
    last = decide(PRECISION, "e", 10, Measurement(10, 5.0, 0.0))
    assert last.is_final
    assert not last.is_met


def test_nothing_is_added_without_an_error_or_with_too_few_replicas_to_judge():
    for found in (Measurement(4, None, 0.0), Measurement(3, 5.0, 0.0), Measurement(0, None, 0.0)):
        decision = decide(PRECISION, "e", 4, found)
        assert decision.is_final
        assert not decision.is_met


def test_replicas_in_quarantine_are_replaced():
    wide = PRECISION.model_copy(update={"most_replicas": 100})
    assert decide(wide, "e", 10, Measurement(8, 1.5, 0.0)).wanted == 2 + 16


def test_the_first_prediction_is_kept_until_the_table_changes():
    first = decide(PRECISION, "e", 4, Measurement(4, 2.0, 0.0))
    later = decide(PRECISION, "e", 8, Measurement(8, 0.1, 0.0), first)
    assert later.needed == first.needed == replicas_needed(2.0, 4, 1.0)
    other = PRECISION.model_copy(update={"error": 0.5})
    assert decide(other, "e", 8, Measurement(8, 1.0, 0.0), first).needed == replicas_needed(
        1.0, 8, 0.5
    )


def test_a_profile_counts_by_its_root_mean_square_over_bins_that_are_visited():
    assert one_number(np.array([[3.0, 4.0], [np.nan, np.inf]])) == pytest.approx(math.sqrt(12.5))
    assert one_number(np.array(0.25)) == 0.25
    assert one_number(np.array(np.nan)) is None


def test_every_quantity_is_one_that_reductions_have():
    of_some_state_points_only = {"active_force", "active_power"}
    assert {*Quantity.__args__} == UNITS.keys() - {"balance_modes"} - of_some_state_points_only


# --- real campaigns -------------------------------------------------------------------------------


def with_precision(small, quantity="energy", error=TARGET, most=60):
    text = small.path.read_text().split("\n[precision]")[0]
    small.path.write_text(text + TABLE.format(quantity=quantity, error=error, most=most))
    return small


def decisions(small):
    """Ensemble -> its decisions in order, less the processor time, which is never the same."""
    found = defaultdict(list)
    for event in small.events("decided"):
        decision = dict(event["decision"])
        assert decision.pop("core_seconds") > 0
        found[decision["ensemble"]].append(decision)
    return dict(found)


def energies(small):
    """State point -> energy per particle of each published replica, and processor time of all."""
    values, seconds = defaultdict(list), 0.0
    for (record,) in small.published().values():
        sums = record.state.statistics
        energy = sums["energy"][:, 0].sum() / sums["energy_samples"].sum()
        particles = record.physics.state_point["particles"]
        values[record.physics.state_point_hash].append(energy / particles)
        seconds += sum(run.cpu_seconds for run in record.runs)
    return values, seconds


def replica_counts(small):
    return {
        row["state_point"]: row["replicas"] for row in json.loads(small.call("ls", "--json").stdout)
    }


def test_replicas_are_added_until_the_error_meets_the_target(trial, undisturbed):
    small = with_precision(trial())
    assert "up to 60 of each state point" in small.call("plan").stdout
    planned = json.loads(small.call("plan", "--json").stdout)
    assert planned["replicas"] == 8
    assert planned["precision"]["core_hours_at_most"] > 0

    ran = json.loads(small.run("--json").stdout)
    values, seconds = energies(small)
    assert ran["complete"]
    assert ran["precision"]["met"]
    assert len(ran["precision"]["points"]) == 2
    for point in ran["precision"]["points"]:
        sample = values[point["state_point"]]
        error = np.std(sample, ddof=1) / math.sqrt(len(sample))
        assert error < widened(error, len(sample)) <= TARGET
        assert point["error"] == pytest.approx(error, rel=1e-9)
        assert point["replicas"] == len(sample) > 4
        assert point["replicas_predicted"] > 4
        assert point["core_hours_predicted"] > 0
    hours = sum(point["core_hours"] for point in ran["precision"]["points"])
    assert 3600 * hours == pytest.approx(seconds)
    assert small.data() == undisturbed(small.plan)

    counts = {name: len(sample) for name, sample in values.items()}
    assert replica_counts(small) == counts
    assert "met at 2 of 2 state points" in small.call("status").stdout
    reduced = json.loads(small.call("reduce", "--json").stdout)
    with xr.open_dataset(reduced["data"], engine="h5netcdf") as fields:
        assert dict(zip(fields.state_point.values, fields.replicas.values, strict=True)) == counts
        assert (fields.energy_error < TARGET).all()
    point = small.plan.points[0]
    reason = small.call("why", point.physics.replica_key(4)).stdout
    assert "added: 4 replicas gave energy with a standard error of 0.0" in reason
    made = decisions(small)
    assert "precision: energy to 0.02 epsilon: met at 2 of 2" in small.run().stdout
    assert decisions(small) == made, "what is settled is not decided again"
    small.assert_nothing_left()

    page = Path(json.loads(small.call("report", "--json").stdout)["report"]).read_text()
    told = page[page.index('id="precision"') :]
    assert "met at 2 of 2 state points" in told
    assert "error against number of replicas" in told
    assert all(name[:8] in told for name in counts)


def test_a_report_before_the_first_decision(trial):
    small = with_precision(trial())
    page = Path(json.loads(small.call("report", "--json").stdout)["report"]).read_text()
    assert "Nothing has been decided on yet." in page


@pytest.mark.slow
def test_another_table_goes_on_from_what_is_there(trial):
    small = with_precision(trial(), error=2 * TARGET)
    small.run()
    first = replica_counts(small)
    with_precision(small, error=TARGET).run()
    tight = replica_counts(small)
    assert sum(tight.values()) > sum(first.values())
    assert all(tight[name] >= count for name, count in first.items())
    with_precision(small, error=10 * TARGET, most=4).run()
    assert replica_counts(small) == tight, "a looser target keeps what is there"
    shutil.rmtree(small.layout.journal)
    with_precision(small, error=10 * TARGET).run()
    assert replica_counts(small) == tight, "what is published costs nothing"


@pytest.mark.slow
def test_a_target_that_is_out_of_reach_ends_the_campaign_and_fails(trial):
    small = with_precision(trial(), error=1e-4, most=6)
    finished = small.call("run")
    assert finished.returncode == 1
    assert "met at 0 of 2 state points; with precision.most_replicas = 6" in finished.stdout
    assert set(replica_counts(small).values()) == {6}
    made = decisions(small)
    assert small.call("run").returncode == 1
    assert decisions(small) == made, "it must not try again and again"
    assert with_precision(small, error=1e-4, most=7).call("run").returncode == 1
    assert set(replica_counts(small).values()) == {7}


def kill_after_decisions(small, count):
    """Run until `count` decisions are journaled, and kill the manager at once."""
    manager = small.start()
    deadline = time.monotonic() + 60
    while len(small.events("decided")) < count:
        assert manager.poll() is None, "the campaign ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    manager.kill()
    manager.wait()


@pytest.mark.slow
def test_killed_after_each_decision_it_decides_the_same_and_ends_with_equal_data(trial, tmp_path):
    whole, small = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir(), small.mkdir()
    whole, small = (
        with_precision(trial(directory=path, time=0.6), error=0.8 * TARGET)
        for path in (whole, small)
    )
    whole.run()
    count = len(whole.events("decided"))
    assert count >= 4
    left = []
    for number in range(1, min(count, 4)):
        if len(small.events("decided")) < number:
            kill_after_decisions(small, number)
            left.append(small.plan.replica_count - len(small.published()))
    assert sum(number > 0 for number in left) >= 2, "decided, but not simulated"
    small.run()
    assert decisions(small) == decisions(whole)
    assert small.data() == whole.data()
    small.assert_nothing_left()


@pytest.mark.slow
def test_a_looser_target_drops_replicas_that_are_decided_on_but_not_begun(trial):
    small = with_precision(trial(time=1.0), error=1e-4)
    kill_after_decisions(small, 1)
    assert sorted(replica_counts(small).values()) == [4, 8]
    with_precision(small, error=10 * TARGET)
    assert set(replica_counts(small).values()) == {4}
    small.run()
    assert set(replica_counts(small).values()) <= {4, 5, 6}, "what was published by then is used"


@pytest.mark.slow
def test_a_damaged_file_is_made_again_before_anything_is_decided(trial, undisturbed):
    small = with_precision(trial(), error=1e3)
    small.run()
    path = min(small.layout.results.glob("*.h5"))
    image = bytearray(path.read_bytes())
    image[-5000] ^= 1
    path.write_bytes(image)
    with_precision(small).run()
    assert len(list(small.layout.damaged.glob("*.h5"))) == 1
    assert small.data() == undisturbed(small.plan)
    assert json.loads(small.call("status", "--json").stdout)["precision"]["met"]


# --- the table ------------------------------------------------------------------------------------


def problems(path):
    with pytest.raises(SpecError) as error:
        load_campaign(path)
    return str(error.value)


def test_a_precision_begins_with_replicas_enough_to_tell_an_error(trial):
    small = with_precision(trial(replicas=3), most=2)
    found = problems(small.path)
    assert "problem.replicas = 3: [precision] begins with at least 4" in found
    assert "precision.most_replicas = 2: fewer than problem.replicas = 3" in found


def test_quantities_have_names_and_campaigns_a_size(trial):
    found = problems(with_precision(trial(), quantity="enrgy").path)
    assert "did you mean 'energy'?" in found
    found = problems(with_precision(trial(), most=600_000).path)
    assert "precision.most_replicas = 600000: 1200000 replicas in all" in found


def test_precision_and_learning_are_not_combined(trial):
    small = trial.learning()
    small.path.write_text(small.path.read_text().replace("replicas = 1", "replicas = 4"))
    found = problems(with_precision(small).path)
    assert "precision: cannot be combined with [learning] yet" in found
