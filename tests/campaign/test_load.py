import json

import pytest

from perrin.campaign.load import load_campaign
from perrin.campaign.points import expand
from perrin.campaign.scaffold import ScaffoldError, json_schema, write_scaffold
from perrin.campaign.spec_errors import SpecError

GOOD = """
name = "test"
[problem]
engine = "brownian"
seed = 1
replicas = 2
[problem.parameters]
temperature = 1.5
box_length = 6.0
potential = { kind = "lennard-jones" }
[[problem.points]]
particles = 50
[sampling]
transient_time = 1
time = 1
"""


@pytest.fixture
def load(tmp_path):
    def load(text):
        path = tmp_path / "campaign.toml"
        path.write_text(text)
        return load_campaign(path)

    return load


@pytest.fixture
def complaints(load):
    def complaints(text):
        with pytest.raises(SpecError) as caught:
            load(text)
        return {problem.field: str(problem) for problem in caught.value.problems}

    return complaints


def test_a_good_file_loads(load):
    campaign = load(GOOD)
    assert campaign.problem.points[0].particles == 50
    assert campaign.sampling.bin_width == 0.1


def test_all_problems_are_reported_at_once(complaints):
    found = complaints(
        GOOD.replace("temperature", "temprature")
        .replace("seed = 1", "seed = -1")
        .replace("particles = 50", "particles = 50\nfield = {kind='planar-fourier', z={mods=[]}}")
        .replace("transient_time = 1", "transient_time = nan")
        .replace('"brownian"', '"brownain"')
    )
    assert set(found) == {
        "problem.engine",
        "problem.seed",
        "problem.parameters.temprature",
        "problem.points[0].field.z.mods",
        "sampling.transient_time",
    }
    assert "did you mean 'temperature'?" in found["problem.parameters.temprature"]
    assert "did you mean 'modes'?" in found["problem.points[0].field.z.mods"]
    assert "did you mean 'brownian'?" in found["problem.engine"]
    assert "= -1" in found["problem.seed"]


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("temperature = 1.5", "temperature = -1.5", "problem.parameters.temperature", "greater"),
        ("particles = 50", "particles = 5000", "problem.points[0]", "density"),
        ("box_length = 6.0", "box_length = 4.0", "problem.points[0]", "half the box"),
        ("lennard-jones", "lenard-jones", "problem.parameters.potential.kind", "did you mean"),
        ("particles = 50", "density = -0.5", "problem.points[0].density", "greater"),
        ("particles = 50", "density = 0.5\nparticles = 9", "problem.points[0]", "drop one"),
        ("time = 1", "tme = 1", "sampling.time", "required"),
        ("particles = 50", "", "problem.points[0].particles", "required"),
        (
            "particles = 50",
            "particles = 50\nfield = {kind='planar-fourier', x={constant=nan}}",
            "problem.points[0].field.x.constant",
            "finite",
        ),
    ],
)
def test_each_impossible_value_names_its_field(complaints, old, new, field, message):
    found = complaints(GOOD.replace(old, new))
    assert field in found
    assert message in found[field]


def test_state_points_are_checked_even_if_another_table_is_wrong(complaints):
    text = GOOD.replace("box_length = 6.0", "box_length = 4.0").replace("time = 1\n", "tme = 1\n")
    assert {"problem.points[0]", "sampling.tme"} <= set(complaints(text))


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(SpecError, match="no such file"):
        load_campaign(tmp_path / "nowhere.toml")


def test_broken_toml_says_where(load):
    with pytest.raises(SpecError, match="line 2"):
        load("name = 'x'\nproblem = ]\n")


def test_binary_rubbish_is_an_error(tmp_path):
    path = tmp_path / "campaign.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="cannot be read"):
        load_campaign(path)


def test_a_grid_is_every_combination(load):
    grid = "[problem.grid]\ndensity = [0.1, 0.2]\ntemperature = [1.0, 2.0]\n[sampling]"
    points = expand(load(GOOD.replace("[sampling]", grid)).problem).points
    assert len(points) == 1 + 4
    assert {(p.particles, p.temperature) for p in points[1:]} == {
        (22, 1.0),
        (22, 2.0),
        (43, 1.0),
        (43, 2.0),
    }


@pytest.mark.parametrize("drawn", ["field = {{}}", "potential = {{ cutoff = [0.5, 2.0] }}"])
def test_drawing_more_points_keeps_the_first(load, drawn):
    draw = f"[problem.random]\ncount = {{}}\nparticles = [10, 100]\n{drawn}\n[sampling]"
    few, many = (
        expand(load(GOOD.replace("[sampling]", draw.format(n))).problem).points for n in (3, 6)
    )
    assert many[:4] == few
    assert len({p.model_dump_json() for p in many}) == 7


def test_equal_points_count_once(load):
    twice = "[[problem.points]]\nparticles = 50\ntemperature = 1.50\n[sampling]"
    assert len(expand(load(GOOD.replace("[sampling]", twice)).problem).points) == 1


def test_the_scaffold_is_a_good_file(tmp_path):
    campaign, schema = write_scaffold(tmp_path / "new", "new")
    assert load_campaign(campaign).name == "new"
    assert json.loads(schema.read_text()) == json.loads(json_schema())
    with pytest.raises(ScaffoldError, match="exists"):
        write_scaffold(tmp_path / "new", "new")


def test_the_schema_explains_every_key():
    definitions = json.loads(json_schema())["$defs"]
    for name, definition in definitions.items():
        for field, properties in definition["properties"].items():
            assert "description" in properties or "$ref" in properties, f"{name}.{field}"
