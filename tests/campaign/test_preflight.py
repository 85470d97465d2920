"""What a campaign is asked before it runs, against numbers from elsewhere."""

import json
import os
import pty
from types import SimpleNamespace

import pytest
from pydantic import TypeAdapter

from perrin.campaign.cost import Cost
from perrin.campaign.journal import Journal
from perrin.campaign.load import load_campaign
from perrin.campaign.plan import Plan
from perrin.campaign.preflight.packing import packing_findings, packing_fraction
from perrin.campaign.preflight.pair_shape import effective_diameter, steepest_curvature
from perrin.campaign.preflight.resources import resource_findings
from perrin.campaign.preflight.time_step import euler_findings
from perrin.campaign.progress import Silence
from perrin.campaign.runner import run_campaign
from perrin.campaign.verbs.consent import ConsentError, PreflightError, ask_to_spend
from perrin.engines.brownian.parameters import BrownianParameters
from perrin.engines.potentials.potential import Potential

LENNARD_JONES = TypeAdapter(Potential).validate_python({"kind": "lennard-jones"})
IDEAL = TypeAdapter(Potential).validate_python({"kind": "ideal"})
SITE = """
name = "paper"
[slurm]
walltime = "{walltime}"
cores_per_node = 4
max_blocks = 3
"""


def fluid(density, temperature=1.5, potential=LENNARD_JONES, **parameters):
    box = (500 / density) ** (1 / 3)
    return BrownianParameters(
        particles=500, box_length=box, temperature=temperature, potential=potential, **parameters
    )


@pytest.mark.parametrize(("temperature", "density"), [(0.75, 0.875), (1.15, 0.936), (1.35, 0.964)])
def test_lennard_jones_freezes_where_hard_spheres_do(temperature, density):
    """Freezing densities of Hansen and Verlet, Phys. Rev. 184, 151 (1969), table I."""
    assert packing_fraction(fluid(density, temperature)) == pytest.approx(0.494, rel=0.04)


def test_a_dense_state_point_is_named():
    points = [fluid(0.7), fluid(1.01), fluid(1.1), fluid(1.29)]
    (found,) = packing_findings(points)
    assert "1.29" in found.text
    assert "random close packing" in found.text
    assert "worst of 3 such" in found.text
    assert list(packing_findings([fluid(0.84)])) == []
    assert list(packing_findings([fluid(5.0, potential=IDEAL)])) == []


@pytest.mark.parametrize("temperature", [0.5, 1.5, 10.0])
def test_curvature_where_particles_turn_back(temperature):
    """The inverse of 4 (x^2 - x) = k_B T for x = r^-6, and the second derivative there."""
    r = ((1 + (1 + temperature) ** 0.5) / 2) ** (-1 / 6)
    exact = 4 * (156 * r**-14 - 42 * r**-8)
    assert steepest_curvature(LENNARD_JONES, temperature) == pytest.approx(exact, rel=0.01)


def test_effective_diameter_of_cold_particles_is_where_they_touch():
    """Towards T = 0 the repulsion of Weeks, Chandler and Andersen is a wall at its minimum."""
    assert effective_diameter(LENNARD_JONES, 1e-5) == pytest.approx(2 ** (1 / 6), rel=0.01)
    assert effective_diameter(IDEAL, 1.0) == 0.0


@pytest.mark.parametrize("kind", ["lennard-jones", "weeks-chandler-andersen"])
@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.0])
def test_effective_diameter_of_repulsive_cores(kind, temperature):
    """The fit of L. Verlet and J.-J. Weis, Phys. Rev. A 5, 939 (1972), good to some 1e-3."""
    potential = TypeAdapter(Potential).validate_python({"kind": kind})
    beta = 1 / temperature
    expected = (0.3837 + 1.068 * beta) / (0.4293 + beta)
    assert effective_diameter(potential, temperature) == pytest.approx(expected, abs=2e-3)


def test_particles_that_may_overlap_do_not_jam():
    soft = TypeAdapter(Potential).validate_python({"kind": "gaussian-core", "cutoff": 2})
    assert packing_fraction(fluid(6.0, 1.0, soft)) == 0.0


def wave(angular_frequency):
    mode = {"amplitude": 1, "wavenumber": 1, "phase": 0, "angular_frequency": angular_frequency}
    return {"kind": "planar-fourier", "z": {"modes": [mode]}}


def swimming(speed):
    return {"kind": "active-brownian", "speed": speed, "rotational_diffusion": 1}


@pytest.mark.parametrize(
    ("point", "step", "words"),
    [
        (fluid(0.5), 1e-4, None),
        (fluid(0.5, friction=0.3), 1e-4, "particles at contact"),
        (fluid(0.5, temperature=10.0), 1e-4, "mean squared forces"),
        (fluid(0.5, potential=IDEAL), 1e-3, "diffuse 0.0548"),
        (fluid(0.5), 3e-4, "may blow up"),
        (fluid(0.5, field=wave(-2e3)), 1e-4, "turns a wave by 0.2 radian"),
        (
            fluid(0.5, field=wave(0), activity=swimming(599)),
            1e-4,
            "external force and self-propulsion of 600",
        ),
        (fluid(0.5), 6e-4, "overshoot"),
    ],
)
def test_time_steps(point, step, words):
    found = list(euler_findings([point], step))
    assert any(words in finding.text for finding in found) if words else found == []
    assert any(finding.is_error for finding in found) is (words == "overshoot")


def test_an_overshooting_time_step_does_blow_up(trial):
    """What the preflight calls an error is one: the pair force throws particles away."""
    small = trial(replicas=1)
    head = "[problem.dynamics]"
    small.path.write_text(small.path.read_text().replace(head, f"{head}\ntime_step = 1.5e-3"))
    planned = small.call("plan", "--json")
    assert planned.returncode == 1
    assert "overshoot" in json.loads(planned.stdout)["errors"][0]
    refused = small.call("run")
    assert refused.returncode == 1
    assert "overshoot" in refused.stderr
    assert not small.layout.lease.exists()
    assert run_campaign(small.path, Silence()).standing.replicas_quarantined == 2


@pytest.fixture
def paper(trial, tmp_path):
    """Plan a small campaign on a Slurm cluster that need not be there."""

    def make(walltime="01:00:00", **options):
        site = tmp_path / "paper.toml"
        site.write_text(SITE.format(walltime=walltime))
        small = trial(**options)
        text = small.path.read_text().replace("[resources]", '[resources]\nsite = "paper.toml"')
        small.path.write_text(text.replace("workers = 1\n", ""))
        return small

    return make


def findings(small, cost=None, site=None):
    plan = Plan.of(load_campaign(small.path), small.path.parent, site)
    cost = cost or Cost(1.0, 1.0, tasks=10, files=10, bytes=10**6)
    return [finding.text for finding in resource_findings(plan, cost, small.layout)]


def test_results_that_do_not_fit(trial, monkeypatch):
    small = trial()
    assert findings(small) == []
    disk = SimpleNamespace(f_bavail=100, f_frsize=4096, f_files=10**6, f_favail=5)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    full, crowded = findings(small)
    assert "0.00041 GB are free" in full
    assert "5 more are allowed" in crowded
    with pytest.raises(PreflightError, match="5 more are allowed"):
        ask_to_spend(small.path, None, yes=True, retry=False)


def test_only_results_that_are_left_must_fit(trial, monkeypatch):
    """A checkpoint gives back its space; without room for checkpoints a run may wait, and start."""
    small = trial()
    disk = SimpleNamespace(f_bavail=1000, f_frsize=1000, f_files=0, f_favail=0)
    monkeypatch.setattr(os, "statvfs", lambda _: disk)

    def is_error(gigabytes):
        plan = Plan.of(load_campaign(small.path), small.path.parent)
        cost = Cost(1.0, 1.0, tasks=10, files=10, bytes=int(gigabytes * 1e9))
        return [found.is_error for found in resource_findings(plan, cost, small.layout)]

    assert [is_error(size) for size in (0.0005, 0.00099, 0.0011)] == [[], [False], [True]]
    small.layout.create()
    (small.layout.checkpoints / "token.h5").write_bytes(b"x" * 101_000)
    assert is_error(0.0011) == [False]


def test_what_is_released_is_paid_for(paper):
    small = paper()
    small.layout.create()
    journal = Journal(small.layout.journal, 1)
    for key in small.plan.wanted:
        journal.record("quarantined", replica=key, reason="it raised", traceback=None)
    journal.close()
    ask_to_spend(small.path, None, yes=False, retry=False)
    with pytest.raises(ConsentError, match="up to 1 block"):
        ask_to_spend(small.path, None, yes=False, retry=True)


def test_training_is_asked_for(trial, tmp_path):
    (tmp_path / "paper.toml").write_text(SITE.format(walltime="01:00:00"))
    small = trial.learning()
    head = '[resources]\nsite = "paper.toml"'
    small.path.write_text(small.path.read_text().replace("[resources]", head))
    refused = small.call("train")
    assert refused.returncode == 1
    assert "up to 1 block of a node with 4 cores" in refused.stderr
    assert "--yes" in refused.stderr
    assert not small.layout.lease.exists()


def test_segments_that_do_not_fit_into_blocks(paper):
    assert findings(paper("00:01:00")) == []
    small = paper("00:01:00", segment_steps=10**7)
    assert "may never end there" in findings(small)[0]
    refused = small.call("run", "--yes")
    assert refused.returncode == 1
    assert "may never end there" in refused.stderr
    assert not small.layout.lease.exists()
    (wasteful,) = findings(paper("00:10:00", segment_steps=10**7))
    assert "lost at the end" in wasteful


def test_the_blocks_that_will_be_asked_for(paper):
    small = paper(replicas=8)
    planned = json.loads(small.call("plan", "--json").stdout)
    assert planned["blocks"] == {"workers": 2}, "8 tasks on blocks of 4 workers"
    assert planned["core_hours"] == pytest.approx(planned["left"]["core_hours"])


def test_without_a_terminal_nothing_is_spent_unless_told(paper):
    small = paper()
    refused = small.call("run")
    assert refused.returncode == 1
    assert "up to 1 block of a node with 4 cores for 01:00:00" in refused.stderr
    assert "--yes" in refused.stderr
    assert not small.layout.lease.exists()


def test_on_a_terminal_it_asks(paper):
    small = paper()
    ours, theirs = pty.openpty()
    process = small.start(stdin=theirs)
    os.write(ours, b"n\n")
    output, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 1
    assert "Continue? [y/N]" in output
    assert "nothing was started" in output
    assert not small.layout.lease.exists()
