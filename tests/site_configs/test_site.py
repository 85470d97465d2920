import pytest

from perrin.site_configs.site import SiteError, load_site, site_names


def test_the_local_site_needs_no_configuration():
    site = load_site("local")
    assert site.workers >= 1
    assert "NUMBA_CPU_NAME" not in site.environment()


def test_every_site_that_comes_along_is_valid():
    assert [load_site(name).name for name in site_names()] == site_names()


def test_overrides_replace_what_the_file_says():
    assert load_site("local", executor="parsl", workers=None).executor == "parsl"


def test_a_site_of_ones_own(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\nworkers = 3\ncpu_target = "x86-64-v3"\n')
    site = load_site(str(path))
    assert site.workers == 3
    assert site.environment()["NUMBA_CPU_NAME"] == "x86-64-v3"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ]", "line 1"),
        ('name = "x"\nworkers = 0', "workers = 0"),
        ('name = "x"\nwrokers = 2', "did you mean 'workers'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SiteError, match=message):
        load_site(str(path))


def test_an_unknown_site_lists_the_known():
    with pytest.raises(SiteError, match="known: local"):
        load_site("nowhere")
