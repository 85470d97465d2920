"""Why a loop has ended, from its selections alone."""

import pytest

from perrin.campaign.learning import ending
from perrin.campaign.learning.selection import Selection
from perrin.ml.exploration import Reason


def selection(accurate, **reasons):
    names = {name.replace("_", " "): count for name, count in reasons.items()}
    found = {str(r): names[r.name.lower().replace("_", " ")] for r in Reason if _short(r) in names}
    return Selection(
        lineage="l",
        round=3,
        low=0.05,
        high=1.0,
        accurate=accurate,
        candidate=0,
        failed=sum(found.values()),
        reasons=found,
        chosen=(),
        deviations=(),
        members=(),
        explorations=(),
    )


def _short(reason):
    return reason.name.lower().replace("_", " ")


def test_there_is_advice_for_every_reason_to_fail():
    assert set(ending._ADVICE) == {str(reason) for reason in Reason}
    assert set(ending._DOUBTS) < set(ending._ADVICE)


@pytest.mark.parametrize(
    ("accurate", "reasons"),
    [(8, {}), (90, {"deviation": 10}), (1, {"fast": 99}), (10, {"dilute": 5, "no_convergence": 1})],
)
def test_convergence(accurate, reasons):
    found = ending._without_choice(selection(accurate, **reasons))
    assert not found.is_failure
    assert found.text.startswith(f"converged in round 3: {accurate} of ")
    assert "deviate by less than 0.05 epsilon/sigma" in found.text


@pytest.mark.parametrize(
    ("accurate", "reasons"),
    [(1, {"deviation": 99}), (1, {"no_convergence": 7}), (8, {"not_a_number": 1})],
)
def test_a_committee_that_cannot_judge_has_not_converged(accurate, reasons):
    found = ending._without_choice(selection(accurate, **reasons))
    assert found.is_failure
    assert "it did not converge" in found.text


def test_when_everything_failed_each_reason_has_its_advice():
    found = ending._without_choice(selection(0, fast=3, dilute=2))
    assert found.is_failure
    assert "every candidate of round 3 failed" in found.text
    assert "problem.random.count" in found.text
    assert "amplitude_z" in found.text
