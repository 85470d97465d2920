"""Rubbish in a campaign's directory: recovered from or set aside, never averaged, never a loop."""

import shutil

import pytest


@pytest.fixture
def finished(trial):
    small = trial(replicas=2)
    small.run()
    return small


def test_rubbish_everywhere_is_survived(finished):
    before = finished.data()
    layout = finished.layout
    for path in layout.lease.iterdir():
        path.unlink()
    (layout.lease / "000001.json").write_text("[]")
    (layout.lease / "1 copy.json").write_text("{")
    for folder in (layout.index, layout.journal):
        (folder / "000009.jsonl").write_text('{"event":"snapshot"}\n[1]\n{"name":"x"}\n')
        (folder / "00x.jsonl").write_text("?")
    (layout.journal / "000010.jsonl").mkdir()
    (layout.claims / "a.json").write_text("[1, 2]")
    (layout.claims / "b.json").write_text('{"token":"b"}')
    (layout.results / "folder.h5").mkdir()
    (layout.results / "link.h5").symlink_to("nowhere")
    (layout.checkpoints / "rubbish.h5").write_text("?")
    shutil.rmtree(layout.damaged)
    assert finished.call("status").returncode == 0
    assert "4/4 replicas" in finished.run().stdout
    (layout.results / "folder.h5").rmdir()
    (layout.results / "link.h5").unlink()
    assert finished.data() == before


def swap_in_foreign_result(trial, finished, tmp_path):
    """Put a sealed file of another campaign in the place of one of this campaign's."""
    (tmp_path / "other").mkdir()
    other = trial(directory=tmp_path / "other", replicas=2)
    other.path.write_text(other.path.read_text().replace("seed = 11", "seed = 12"))
    other.run()
    size = {path.stat().st_size: path for path in other.layout.results.glob("*.h5")}
    victim = min(finished.layout.results.glob("*.h5"))
    source = size.get(victim.stat().st_size, min(other.layout.results.glob("*.h5")))
    shutil.copyfile(source, victim)
    return victim


def test_a_foreign_result_is_not_averaged(trial, finished, tmp_path):
    victim = swap_in_foreign_result(trial, finished, tmp_path)
    reduced = finished.call("reduce")
    assert reduced.returncode == 1
    assert victim.name in reduced.stderr


def test_a_foreign_result_in_the_way_is_set_aside(trial, finished, tmp_path, undisturbed):
    victim = swap_in_foreign_result(trial, finished, tmp_path)
    shutil.rmtree(finished.layout.index)
    finished.run()
    assert finished.data().items() >= undisturbed(finished.plan).items()
    assert [note.name for note in finished.layout.damaged.glob("*.json")] == [
        f"{victim.stem}.0.json"
    ]


def test_quarantine_can_be_left(trial):
    """The cause is taken out of the file: the campaign is complete after all."""
    small = trial(replicas=2)
    good = small.path.read_text()
    steep = "[[problem.points]]\nparticles = 5\nfield = {kind='planar-fourier', z={constant=1e9}}\n"
    small.path.write_text(good.replace("[sampling]", steep + "[sampling]"))
    assert small.call("run").returncode == 1
    assert "2 quarantined" in small.call("run").stdout
    assert len(small.events("failed")) == 2 * 3
    assert small.call("run", "--retry").returncode == 1
    assert len(small.events("failed")) == 2 * 2 * 3
    small.path.write_text(good)
    assert small.call("run").returncode == 0


def test_absurd_numbers_are_refused(trial):
    small = trial()
    good = small.path.read_text()
    for old, new in (
        ("replicas = 4", "replicas = 1000000000000"),
        ("box_length = 6.0", "box_length = 1e300"),
        ("bulk_time = 0.02", "bulk_time = 1e300"),
        ("bulk_time = 0.02", "time_step = 1e-320"),
        ("wavenumber = 1", "wavenumber = 1000000000000000000"),
        ("seed = 11", "seed = 1" + 5000 * "0"),
        ("particles = 40", "density = 1e-9"),
        ("[sampling]", "[problem.random]\ncount = 5\ndensity = [-1.0, -0.5]\n[sampling]"),
        ("[sampling]", "[problem.grid]\nparticles = []\n[sampling]\nmodes = 1000000000"),
    ):
        small.path.write_text(good.replace(old, new))
        finished = small.call("plan")
        assert finished.returncode == 1, new[:40]
        assert "Traceback" not in finished.stderr
