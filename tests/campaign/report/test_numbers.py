"""Numbers as the report writes them."""

import math

import pytest

from perrin.campaign.duration import duration
from perrin.campaign.report.numbers import estimate, listed, plural
from perrin.ml.evaluation import Estimate


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Estimate(0.2146, 0.0151), "0.215(15)"),
        (Estimate(0.2146, math.nan), "0.215"),
        (Estimate(1.0, 0.0), "1"),
        (Estimate(math.nan, math.nan), "not a number"),
        (None, "–"),
    ],
)
def test_estimate(found, text):
    assert estimate(found) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (12.34, "12.3 s"), (307.0, "5 min 07 s"), (12000.0, "3 h 20 min")],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_words():
    assert plural(1, "field") == "1 field"
    assert plural(0, "field") == "0 fields"
    assert listed({"no convergence": 3, "not a number": 1}) == "3 no convergence, 1 not a number"
