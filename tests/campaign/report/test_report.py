"""The report at every point of a campaign's life."""

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from perrin.campaign.cli import app
from perrin.campaign.learning.fields import Purpose
from perrin.campaign.report import (
    curves_section,
    deviation_section,
    explored_section,
    fields_section,
    gates_section,
    page,
    provenance_section,
    round_table,
    summary,
    time_section,
)
from perrin.campaign.report.blocks import Missing, Picture, Section, Source, Table, Text
from perrin.ml.evaluation import Estimate
from perrin.ml.exploration import Reason

RUNNER = CliRunner()


class Reading(HTMLParser):
    """What a page links to, its headings and its text."""

    def __init__(self, html):
        super().__init__()
        self.links, self.ids, self.text, self.depth = [], [], [], {}
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.depth[tag] = self.depth.get(tag, 0) + 1
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "data", "srcset"):
                self.links.append(value)
            if name == "id":
                self.ids.append(value)

    def handle_data(self, data):
        self.text.append(data)


def said(section):
    """All that a section says in words."""
    return "\n".join(
        getattr(block, "text", "") + getattr(block, "caption", "") + getattr(block, "note", "")
        for block in section.blocks
    )


def kinds(section):
    return [type(block) for block in section.blocks]


@pytest.fixture(scope="module")
def html(finished):
    return page.render(finished.findings())


# --- the whole page -------------------------------------------------------------------------------


def test_page_has_every_section(html):
    read = Reading(html)
    for title in (
        "Summary",
        "Rounds",
        "Held-out fields",
        "Deviation and true error",
        "Learning curves",
        "Physical gates",
        "Explored candidates",
        "Where the time went",
        "Provenance",
    ):
        assert Section(title, ()).anchor in read.ids
    assert read.depth["svg"] == 3 + 1 + 2 + 1 + 1  # held-out fields, deviation, curves, ...
    assert "missing" not in re.findall(r'<p class="(\w+)"', html)


def test_page_needs_nothing_else(html):
    read = Reading(html)
    assert read.links
    assert all(link.startswith("#") for link in read.links)
    assert "@import" not in html
    assert all(name.startswith("#") for name in re.findall(r"url\(([^)]*)\)", html))
    assert not {"script", "link", "iframe", "img"} & read.depth.keys()


def test_names_on_the_page_are_unique_and_there(html):
    read = Reading(html)
    assert len(read.ids) == len(set(read.ids))
    targets = read.links + re.findall(r"url\(([^)]*)\)", html)
    assert {target.removeprefix("#") for target in targets} <= set(read.ids)


def test_colours_follow_the_mode(html):
    """Every colour of a drawing is a variable that both modes define."""
    drawings = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert re.findall(r"#[0-9a-f]{6}\b", drawings) == []
    used = set(re.findall(r"var\((--c\d+)\)", drawings))
    light, dark = html.split("prefers-color-scheme: dark")
    assert used
    for variable in used:
        assert f"{variable}: #" in light
        assert f"{variable}: #" in dark


def test_campaign_file_is_quoted(finished, html):
    assert "amplitude_xy = [0.0, 3.0]" in html
    assert "&lt;" in page.with_subscripts("a < b")
    assert page.with_subscripts("v_0, amplitude_z") == "v<sub>0</sub>, amplitude_z"
    found = provenance_section.section(finished.findings())
    assert ("commit", "abc") in found.blocks[0].rows
    assert isinstance(found.blocks[1], Source)


# --- what a finished campaign says ----------------------------------------------------------------


def test_summary_of_a_finished_campaign(finished):
    text = said(summary.section(finished.findings()))
    assert "learned f_int from 4 fields: 3 initial and 1 selected" in text
    assert "On 3 held-out fields" in text
    assert "Trained on as many random fields" in text
    assert "the budget of 1 rounds is spent" in text
    assert "3 held-out fields (one replica each)" in text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (-0.12, 0.03, "smaller by 4.0 standard errors."),
        (0.12, 0.03, "larger by 4.0 standard errors."),
        (-0.03, 0.03, "smaller by 1.0 standard errors, which is within chance."),
        (-0.03, np.nan, "the difference is -0.03."),
    ],
)
def test_selected_against_random(finished, value, error, text):
    findings = finished.findings()
    first, last = findings.learned.rounds
    last = dataclasses.replace(last, difference=Estimate(value, error))
    learned = dataclasses.replace(findings.learned, rounds=(first, last))
    assert text in said(summary.section(dataclasses.replace(findings, learned=learned)))


def test_rounds(finished):
    learned = finished.findings().learned
    first, second = learned.rounds
    assert (first.number, first.committee.fields, first.baseline) == (0, 3, None)
    assert (second.committee.fields, second.baseline.fields) == (4, 4)
    mine, other = second.judgement.error.value, second.baseline.judgement.error.value
    assert second.difference.value == pytest.approx(mine - other)
    assert second.labelled.names == tuple(
        point.physics.state_point_hash
        for point in finished.plan.points
        if point.purpose is Purpose.SELECTED
    )
    (table, why) = round_table.section(finished.findings()).blocks
    assert table.rows[1][:8] == ("1", "4", "6", "2", "3", "1", "1", "0.1 to 1")
    assert "round 1: 1 no convergence" in why.text


def test_terminal_table_fits(finished):
    console = Console(width=80, record=True)
    console.print(round_table.terminal_table(finished.findings().learned))
    lines = console.export_text().splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_held_out_fields_from_best_to_worst(finished):
    found = fields_section.section(finished.findings())
    assert kinds(found) == [Text, Picture, Picture, Picture]
    errors = [float(re.search(r"true error ([\d.]+)", b.caption)[1]) for b in found.blocks[1:]]
    assert errors == sorted(errors)


def test_deviation(finished):
    picture, table = deviation_section.section(finished.findings()).blocks
    assert isinstance(picture, Picture)
    assert [row[:3] for row in table.rows] == [
        ("0", "held out", "3"),
        ("0", "selected with it", "1"),
        ("1", "held out", "3"),
    ]
    assert table.rows[1][3] == "–"  # no ranks of a single field


def test_gates(finished):
    findings = finished.findings()
    (table,) = gates_section.section(findings).blocks
    assert len(table.rows) == len(findings.learned.gates) == 6
    assert {row[3] for row in table.rows} <= {"✓ pass", "✗ fail"}
    assert "at this scale" in table.header
    assert "4 fields" in table.note


def test_explored(finished):
    findings = finished.findings()
    explored = findings.learned.rounds[1].explored
    assert [len(explored.accurate), len(explored.candidate)] == [2, 3]
    assert [len(explored.deviating), len(explored.failed)] == [0, 1]
    (picture, table) = explored_section.section(findings).blocks
    assert isinstance(picture, Picture)
    assert table.header == ("round", "explored", "failed: no convergence")
    assert table.rows == (("1", "6", "1"),)


# --- what is missing ------------------------------------------------------------------------------


def test_nothing_has_run(tmp_path, simulated):
    path = tmp_path / "seen.toml"
    shutil.copy(simulated.path, path)
    result = RUNNER.invoke(app, ["report", str(path)])
    assert result.exit_code == 0, result.output
    html = (tmp_path / "seen.perrin" / "report.html").read_text()
    text = " ".join(Reading(html).text)
    for missing in (
        "Nothing is simulated yet",
        "No committee yet",
        "No round yet",
        "No held-out field is published yet",
        "Nothing is explored yet",
        "Nothing has run yet",
    ):
        assert missing in text


def test_nothing_is_trained(simulated):
    findings = simulated.findings()
    text = said(summary.section(findings))
    assert "No error yet: no committee is trained" in text
    assert "Not finished: round 0, 0 of 3 members are trained" in text
    assert kinds(fields_section.section(findings)) == [Text, *[Picture] * 3]
    assert kinds(curves_section.section(findings)) == [Missing, Missing]
    assert kinds(gates_section.section(findings)) == [Missing]


def test_a_committee_on_what_is_published(simulated, tmp_path):
    """One trained by request, though a field is missing."""
    seen = simulated.copy(tmp_path)
    store, plan = seen.library.store, seen.plan
    location = store.index.find(next(iter(plan.wanted)), plan.sampling_hash)
    (seen.layout.results / location.file).unlink()
    assert seen.findings().learned.rounds == ()
    seen.save(seen.library.committee_so_far().members)
    (found,) = seen.findings().learned.judged
    assert (found.number, found.committee.trained) == (0, 3)


def test_training_is_under_way(simulated, tmp_path):
    seen = simulated.copy(tmp_path)
    seen.train(Purpose.SELECTED, 0, members=[1, 2])
    findings = seen.findings()
    assert "round 0, 2 of 3 members are trained" in said(summary.section(findings))
    assert findings.learned.judged == []
    assert kinds(curves_section.section(findings)) == [Missing, Picture]


def test_only_round_0(trained):
    findings = trained.findings()
    text = said(summary.section(findings))
    assert "from 3 fields." in text
    assert "random" not in text.replace("0 of 1 random", "").replace("1 of 1 random", "")
    assert "round 0 is trained, round 1 is to be explored" in text
    (table,) = round_table.section(findings).blocks
    assert table.rows[0][2:8] == ("–",) * 6
    assert kinds(explored_section.section(findings)) == [Missing]
    assert kinds(curves_section.section(findings)) == [Picture, Picture]


def test_labels_are_under_way(trained, tmp_path):
    seen = trained.copy(tmp_path)
    seen.explore([0.02, 0.05, 0.2, 0.4, 0.7, 2.0], [None] * 5 + [Reason.DEVIATION], chosen=[3])
    findings = seen.findings()
    text = said(summary.section(findings))
    assert "Not finished: the selected fields are being simulated" in text
    (table, _) = round_table.section(findings).blocks
    assert table.rows[1][1] == "–"
    assert table.rows[1][2] == "6"
    assert findings.learned.rounds[1].labelled is None
    assert len(findings.learned.rounds[1].explored.deviating) == 1


def test_no_baseline(finished, tmp_path):
    """Another lineage of fields, the same lineage of selections."""
    seen = finished.copy(tmp_path)
    seen.path.write_text(seen.path.read_text().replace('baseline = "random"\n', ""))
    findings = seen.findings()
    assert len(findings.learned.judged) == 2
    assert "random" not in said(summary.section(findings))
    assert round_table.section(findings).blocks[0].rows[1][-2:] == ("–", "–")
    assert kinds(curves_section.section(findings)) == [Picture, Picture]


def test_no_held_out_field_yet(trained, tmp_path):
    seen = trained.copy(tmp_path)
    store = seen.library.store
    plan = seen.plan
    for key, (point, _) in plan.wanted.items():
        if point.purpose is Purpose.HELD_OUT:
            location = store.index.find(key, plan.sampling_hash)
            (seen.layout.results / location.file).unlink()
    findings = seen.findings()
    assert "none of the held-out fields is published" in said(summary.section(findings))
    assert kinds(fields_section.section(findings)) == [Missing]
    assert kinds(deviation_section.section(findings)) == [Missing]
    assert kinds(curves_section.section(findings)) == [Missing, Picture]


def test_a_member_in_quarantine(simulated, tmp_path):
    seen = simulated.copy(tmp_path)
    member = seen.library.committee(Purpose.SELECTED, 0).members[0]
    reason = "raised 3 times; last: it diverged"
    seen.record(("quarantined", {"replica": member.key, "reason": reason}))
    seen.train(Purpose.SELECTED, 0, members=[1, 2])
    findings = seen.findings()
    text = said(summary.section(findings))
    assert "In quarantine: member 0 of round 0: raised 3 times; last: it diverged" in text
    assert "member 0 of 3 (counted from 0) could not be trained" in text
    assert "A committee of 2 force functionals" in text


def test_a_replica_in_quarantine(simulated, tmp_path):
    """One that was never published; what is published by now is no news."""
    seen = simulated.copy(tmp_path)
    keys = list(seen.plan.wanted)
    location = seen.library.store.index.find(keys[0], seen.plan.sampling_hash)
    (seen.layout.results / location.file).unlink()
    seen.record(*[("quarantined", {"replica": key, "reason": "it raised"}) for key in keys[:2]])
    (name,) = seen.findings().quarantined
    assert re.fullmatch(r"replica 0 of state point \w{8} \(initial\)", name)


def test_all_candidates_failed(trained, tmp_path):
    seen = trained.copy(tmp_path)
    seen.explore([2.0] * 6, [Reason.NO_CONVERGENCE] * 6, chosen=[])
    findings = seen.findings()
    text = said(summary.section(findings))
    assert "ended without having done its work" in text
    assert "6 no convergence" in text
    assert "learning.training.epochs" in text
    assert [r.committee for r in findings.learned.rounds[1:]] == [None]
    assert "Not finished" not in text


def test_no_deviation_at_all(trained, tmp_path):
    """Candidates for which the committee gave no number leave nothing to draw, and no error."""
    seen = trained.copy(tmp_path)
    seen.explore([np.nan] * 6, [Reason.NOT_A_NUMBER] * 6, chosen=[])
    found = explored_section.section(seen.findings())
    assert kinds(found) == [Picture, Table]


def test_damaged_files(finished, tmp_path):
    """They are named, and the rest is shown."""
    seen = finished.copy(tmp_path)
    library = seen.library
    committee = library.committee(Purpose.SELECTED, 1)
    weights = committee.paths[0].with_suffix(".safetensors")
    weights.write_bytes(weights.read_bytes()[:-40])
    (exploration,) = seen.layout.explored.glob("*.npz")
    exploration.write_bytes(b"not this")
    findings = seen.findings()
    named = " ".join(findings.complaints)
    assert weights.name in named
    assert exploration.name in named
    assert "Could not be used" in said(summary.section(findings))
    assert findings.learned.rounds[1].judgement is not None  # by the two members that are left
    assert kinds(explored_section.section(findings)) == [Missing, Table]


def test_damaged_results(simulated, tmp_path):
    seen = simulated.copy(tmp_path)
    shutil.rmtree(seen.layout.data_sets)
    for path in seen.layout.results.glob("*.h5"):
        image = bytearray(path.read_bytes())
        image[len(image) // 2] ^= 1
        path.write_bytes(image)
    findings = seen.findings()
    assert findings.learned.rounds == ()
    assert any(".h5" in complaint for complaint in findings.complaints)
    assert kinds(fields_section.section(findings)) == [Missing]


# --- campaigns that only simulate -----------------------------------------------------------------


def test_plain_campaign(plain):
    plain.simulate()
    plain.manage()
    findings = plain.findings()
    html = page.render(findings)
    read = Reading(html)
    assert "Simulated: 3 of 3 replicas." in html
    assert {"summary", "one-body-fields", "where-the-time-went", "provenance"} <= set(read.ids)
    assert not {"rounds", "learning-curves"} & set(read.ids)
    assert read.depth["svg"] == 3 + 1


def test_command(trained, tmp_path):
    seen, elsewhere = trained.copy(tmp_path), tmp_path / "there" / "page.html"
    result = RUNNER.invoke(app, ["report", str(seen.path), "--output", str(elsewhere), "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    assert document["report"] == str(elsewhere)
    assert elsewhere.read_text().startswith("<!DOCTYPE html>")
    assert [found["round"] for found in document["rounds"]] == [0]
    value, error = document["rounds"][0]["error"]
    assert value > 0
    assert error > 0
    assert document["ending"] is None
    assert document["complaints"] == []


def test_time_is_missing(plain):
    assert kinds(time_section.section(plain.findings())) == [Missing]
