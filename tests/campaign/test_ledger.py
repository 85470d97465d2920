"""What blocks cost."""

import json
from dataclasses import asdict

import pytest

from perrin.campaign.ledger import Ledger


def begun(ends):
    ledger = Ledger()
    ledger.apply({"event": "block-submitted", "job": "7", "cores": 4, "time": 100.0})
    ledger.apply({"event": "block-started", "job": "7", "ends": ends, "time": 110.0})
    return Ledger.from_document(json.loads(json.dumps(asdict(ledger))))


@pytest.mark.parametrize(("ends", "core_seconds"), [(None, 3960), (170.0, 240), (90.0, 0)])
def test_time_after_the_walltime_costs_nothing(ends, core_seconds):
    """Nobody may look for days after a manager was killed."""
    ledger = begun(ends)
    assert ledger.granted(1100.0) == core_seconds
    ledger.apply({"event": "block-ended", "job": "7", "registered": True, "time": 1100.0})
    assert ledger.granted(2000.0) == core_seconds


def test_blocks_of_older_journals_have_no_known_end():
    block = {"cores": 4, "submitted": 100.0, "started": 110.0}
    document = asdict(Ledger()) | {"open": {"7": block}}
    assert Ledger.from_document(document).granted(120.0) == 40
