import tomllib

import pytest

from perrin.site_configs.site import Site, SiteError, load_site, site_names
from perrin.site_configs.site_files import SHIPPED, own_folder
from perrin.site_configs.slurm import OtherShape, Pool, Slurm


@pytest.fixture(autouse=True)
def no_sites_of_ones_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))


def site_of(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load_site(str(path))


def test_the_local_site_needs_no_configuration():
    site = load_site("local")
    assert site.workers >= 1
    assert "NUMBA_CPU_NAME" not in site.environment()


def test_every_site_that_comes_along_is_valid():
    assert [load_site(name).name for name in site_names()] == site_names()


def test_the_template_names_every_field():
    text = (SHIPPED / "slurm_template.toml").read_text()
    everything = {*Site.model_fields, *Slurm.model_fields, *OtherShape.model_fields} - {"name"}
    assert [field for field in everything if field not in text] == []


def test_the_documentation_names_every_field():
    text = (SHIPPED.parent / "docs" / "sites.md").read_text()
    everything = {*Site.model_fields, *Slurm.model_fields, *OtherShape.model_fields}
    assert [f for f in everything if f"`{f}`" not in text and f"[slurm.{f}]" not in text] == [
        "slurm"
    ]


def test_what_the_template_leaves_out_can_be_taken_in():
    lines = (SHIPPED / "slurm_template.toml").read_text().splitlines()
    options = [
        line.lstrip("# ") if line.startswith(("# [", "# w", "# q", "# c", "# i", "# s")) else line
        for line in lines
    ]
    fields = tomllib.loads("\n".join(options))
    assert set(fields["slurm"]) >= {"qos", "constraint", "interface", "scratch", "shared", "mpi"}
    assert Site.model_validate({"name": "all", **fields}).workers == 64


def test_overrides_replace_what_the_file_says():
    assert load_site("local", executor="parsl", workers=None).executor == "parsl"


def test_a_site_of_ones_own(tmp_path):
    site = site_of(tmp_path, 'workers = 3\ncpu_target = "x86-64-v3"\n')
    assert (site.name, site.workers) == ("mine", 3)
    assert site.environment()["NUMBA_CPU_NAME"] == "x86-64-v3"


def test_ones_own_folder_comes_first():
    own_folder().mkdir(parents=True)
    for name in ("local", "mycluster"):
        (own_folder() / f"{name}.toml").write_text("workers = 7\n")
    assert load_site("local").workers == load_site("mycluster").workers == 7
    assert {"mycluster", "whole_nodes"} <= set(site_names())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workers = ]", "line 1"),
        ("workers = 0", "workers = 0: should be greater than or equal to 1$"),
        ('workers = "3"', "workers = '3': should be a valid integer"),
        ("workers = true", "workers = True: should be a valid integer"),
        ("wrokers = 2", "wrokers: unknown key; did you mean 'workers'"),
        ('name = "a b"', "name = 'a b'"),
        ('executor = "ray"', "'parsl' or 'dask'"),
        ("slurm = 3", "slurm = 3: should be a valid dictionary"),
        ("threads_per_worker = 2\n[slurm]", "threads_per_worker = 2: more than slurm.cores_per"),
        ('[slurm]\nwalltme = "1"', "slurm.walltme: unknown key; did you mean 'walltime'.*pmi"),
        ("[slurm.mpi]\nnodes = 2", "slurm.mpi.nodes: unknown key; .*allowed: partition"),
        ("[slurm]\nwalltime = 60", "slurm.walltime = 60: give a time"),
        ('[slurm]\nwalltime = "1-02:30"', "slurm.walltime = '1-02:30': give a time"),
        ('[slurm]\nwalltime = "00:00:59"', "at least 00:01:00"),
        ("[slurm]\nexclusive = 1", "slurm.exclusive = 1: should be a valid boolean"),
        ("[slurm]\nmin_blocks = 3", "slurm: min_blocks = 3: more than max_blocks = 1"),
        ("[slurm]\ngpus_per_node = 2", "gpus_per_node = 2: .*cores_per_node = 1"),
        ("[slurm.training]\ngpus_per_node = 2", "slurm: training: gpus_per_node = 2"),
        ('[slurm]\nscheduler_lines = ["--mail-type=FAIL"]', "give lines such as"),
        ('[slurm]\nscheduler_lines = ["#SBATCH -t 5"]', "give the field walltime instead"),
        ('[slurm]\nscheduler_lines = ["#SBATCH --array=1-2"]', "perrin sets this option itself"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    with pytest.raises(SiteError, match=message):
        site_of(tmp_path, text)


def test_an_unknown_site_lists_the_known():
    with pytest.raises(SiteError, match=r"did you mean 'local'.*known: gpu_nodes, local"):
        load_site("locl")


def test_pools_take_over_what_they_leave_out(tmp_path):
    text = '[slurm]\naccount = "a"\nwalltime = "1-01:00:30"\n[slurm.training]\npartition = "gpu"\n'
    site = site_of(tmp_path, text)
    assert set(site.pools) == {Pool.WORKERS, Pool.TRAINING}
    shape = site.pools[Pool.TRAINING]
    assert (shape.partition, shape.account) == ("gpu", "a")
    assert (shape.walltime_seconds, shape.walltime_minutes) == (90030, 1501)


def test_which_fields_the_file_gives(tmp_path):
    site = site_of(tmp_path, '[slurm]\npartition = "p"\n[slurm.mpi]\nnodes_per_block = 2\n')
    assert set(site.given()) == {"name", "slurm.partition", "slurm.mpi.nodes_per_block"}
    assert site.flat()["slurm.pmi"] == "pmi2"


def test_which_directories_nodes_see(tmp_path, monkeypatch):
    monkeypatch.setenv("GROUP", "soft")
    slurm = Slurm(shared=[f"{tmp_path}/$GROUP"])
    assert slurm.sees(tmp_path / "soft" / "a")
    assert not slurm.sees(tmp_path / "softer")
    assert Slurm().sees(tmp_path)
