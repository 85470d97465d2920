"""Campaigns that cut each replica into domains, one for each process of an MPI group."""

import json

import numpy as np
import pytest

from perrin.campaign.load import load_campaign
from perrin.campaign.spec_errors import SpecError

TEXT = """
name = "large"
[problem]
engine = "brownian"
seed = 3
replicas = 2
[problem.parameters]
particles = 600
density = 0.7
temperature = 1.5
potential = { kind = "lennard-jones" }
[problem.dynamics]
bulk_time = 0.01
noise = "particles"
[sampling]
transient_time = 0.0
time = 0.04
block_time = 0.02
[resources]
segment_steps = 100
"""
DOMAINS = "mpi_ranks = 2\ndomains = true\n"


@pytest.fixture
def written(trial):
    def write(text, name="small"):
        small = trial(name)
        small.path.write_text(text)
        return small

    return write


def statistics_of(small):
    return {key: records[0].state.statistics for key, records in small.published().items()}


@pytest.mark.slow
def test_a_campaign_in_domains_gives_what_one_process_gives(written):
    """But for rounding: the keys are the same, and so are the numbers."""
    whole, cut = written(TEXT, "whole"), written(TEXT + DOMAINS, "cut")
    whole.run()
    cut.run()
    expected, found = statistics_of(whole), statistics_of(cut)
    assert found.keys() == expected.keys()
    for key, sums in expected.items():
        for name, values in sums.items():
            scale = np.abs(values).max(initial=1e-30)
            np.testing.assert_allclose(found[key][name], values, atol=1e-8 * scale, err_msg=name)
    cut.assert_nothing_left()
    planned = json.loads(cut.call("plan", "--json").stdout)
    assert planned["replicas"] == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("mpi_ranks = 2\n", "", "give resources.mpi_ranks, 2 or more"),
        ("mpi_ranks = 2", "mpi_ranks = 64", "cannot be cut into 64 domains"),
        ('noise = "particles"\n', "", 'give dynamics.noise = "particles"'),
        (
            '"lennard-jones" }',
            '"lennard-jones" }\nactivity = { kind = "active-brownian", speed = 1.0, '
            "rotational_diffusion = 1.0 }",
            "self-propelled particles cannot be cut into domains yet",
        ),
    ],
)
def test_what_cannot_be_cut_is_said_before_anything_runs(written, old, new, words):
    assert old in TEXT + DOMAINS
    small = written((TEXT + DOMAINS).replace(old, new))
    with pytest.raises(SpecError) as error:
        load_campaign(small.path)
    assert "resources.domains" in str(error.value)
    assert words in str(error.value)


def test_engines_that_cannot_are_named(written):
    text = (TEXT + DOMAINS).replace('"brownian"', '"adaptive-brownian"')
    small = written(text.replace('noise = "particles"\n', ""))
    with pytest.raises(SpecError, match="only replicas of brownian and molecular"):
        load_campaign(small.path)
