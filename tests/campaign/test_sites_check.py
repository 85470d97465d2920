"""Trying out a site: what probes find, what is made of it, and this machine as an example."""

import json
import os
import subprocess
import threading

import pytest

from perrin.campaign.sites import file_findings, launch_findings, node_findings
from perrin.campaign.sites.environment import GpuReport, versions
from perrin.campaign.sites.evidence import Evidence
from perrin.campaign.sites.exchange import Answerer, ExchangeReport, ask
from perrin.campaign.sites.judgement import findings_of
from perrin.campaign.sites.measured import Measurement
from perrin.campaign.sites.network import Echo, reachable
from perrin.campaign.sites.order import DONE, Order, Step, StepEnding, leave
from perrin.campaign.sites.probe import NodeReport
from perrin.campaign.sites.shared_files import FileReport, try_files
from perrin.campaign.sites.speed import SpeedReport
from perrin.engines.compiled import cache_folder
from perrin.engines.fingerprint import fingerprint
from perrin.site_configs.site import Site
from perrin.site_configs.slurm import Pool, Slurm
from perrin.tests.support.trial import PERRIN

HERE = {"lo": "127.0.0.1", "eth0": "192.0.2.7"}
SOUND = {
    "versions": versions(),
    "processor": "a fine one",
    "fingerprint": fingerprint(),
    "cores": 4,
    "memory_gb": 16.0,
    "interfaces": ["lo", "eth0"],
    "reached": ["eth0"],
    "scratch": "/tmp",
    "scratch_gb": 10.0,
    "scratch_is_given": True,
    "files": FileReport(median_ms=1.0, slowest_ms=2.0, free_gb=100.0, free_files=10**6),
    "exchange": ExchangeReport(answered=True, slowest_seconds=0.01),
    "gpus": None,
}


def evidence_of(folder, *changes, gpus=0, **fields):
    """Evidence from one sound node and one for each set of changes."""
    slurm = Slurm(nodes_per_block=1 + len(changes), cores_per_node=4, **fields)
    site = Site(name="two", slurm=slurm)
    steps = [Step(name="speed", command=["true"])]
    order = Order(steps=steps, addresses=HERE, port=1, token="t", gpus=gpus)
    for number, change in enumerate(({}, *changes)):
        report = NodeReport(node=f"n{number}", **{**SOUND, **change})
        leave(folder, f"node-{report.node}.json", report)
        speed = SpeedReport(node=report.node, slowness={"brownian": 1.0 + number})
        leave(folder, f"speed-{report.node}.json", speed)
    leave(folder, DONE, StepEnding(status=0, seconds=1.0))
    return Evidence(site, Pool.WORKERS, site.pools[Pool.WORKERS], order, folder, versions())


def test_all_is_well(tmp_path):
    found = list(findings_of(evidence_of(tmp_path), tmp_path, ""))
    assert {finding.verdict for finding in found} == {"ok", "-"}
    assert {"python", "files", "clock", "network", "speed"} <= {f.name for f in found}


@pytest.mark.parametrize(
    ("change", "name", "verdict", "words"),
    [
        ({"versions": {**versions(), "parsl": "1"}}, "python", "FAIL", "parsl 1 on n1"),
        ({"cores": 1}, "cores", "FAIL", "4 were asked for"),
        ({"fingerprint": '{"processor":{"name":"old"}}'}, "kernels", "warn", "nodes differ"),
        ({"files": FileReport(error="no links")}, "files", "FAIL", "n1: no links"),
        ({"files": FileReport(median_ms=900.0, free_gb=9.0)}, "latency", "warn", "900 ms"),
        ({"files": FileReport(free_gb=0.5)}, "space", "warn", "0.5 GB"),
        ({"scratch_is_given": False}, "scratch", "warn", "n1 cannot write"),
        ({"reached": ["lo"]}, "network", "FAIL", "n1 does not reach this machine by eth0"),
        ({"interfaces": ["lo"]}, "network", "FAIL", "n1 has lo"),
        ({}, "speed", "warn", "nodes differ: 1.00 to 2.00"),
    ],
)
def test_what_is_wrong_with_one_node(tmp_path, change, name, verdict, words):
    evidence = evidence_of(tmp_path, change, interface="eth0")
    (finding,) = [f for f in findings_of(evidence, tmp_path, "") if f.name == name]
    assert (finding.verdict, words in finding.text) == (verdict, True)
    assert finding.advice


@pytest.mark.parametrize(
    ("exchange", "name", "verdict"),
    [
        ({"answered": False, "slowest_seconds": 90.0}, "files", "FAIL"),
        ({"answered": True, "slowest_seconds": 30.0}, "files", "warn"),
        ({"skew_seconds": -9.0, "skew_bound_seconds": 0.1}, "clock", "FAIL"),
        ({"skew_seconds": 2.0, "skew_bound_seconds": 0.1}, "clock", "warn"),
        ({"skew_seconds": 9.0, "skew_bound_seconds": 9.0}, "clock", "ok"),
    ],
)
def test_what_an_exchange_tells(tmp_path, exchange, name, verdict):
    report = ExchangeReport(**{"answered": True, "slowest_seconds": 0.1, **exchange})
    evidence = evidence_of(tmp_path, {"exchange": report})
    (finding,) = [f for f in findings_of(evidence, tmp_path, "") if f.name == name]
    assert finding.verdict == verdict


@pytest.mark.parametrize(
    ("names", "verdict"), [([], "FAIL"), (["A100"], "FAIL"), (["A100"] * 2, "ok")]
)
def test_gpus_are_counted(tmp_path, names, verdict):
    gpus = GpuReport(names=names, nccl="2.27.3")
    evidence = evidence_of(tmp_path, {"gpus": gpus}, gpus=2)
    assert node_findings.gpu_finding(evidence).verdict == verdict


def test_a_node_that_is_silent(tmp_path):
    evidence = evidence_of(tmp_path, {})
    (tmp_path / "node-n1.json").unlink()
    (tmp_path / "job.log").write_text("srun: error: out of tea\n")
    first = next(findings_of(evidence, tmp_path, ""))
    assert first.text.startswith("1 of 2 nodes did not report")
    assert "out of tea" in first.text


def test_an_interface_that_this_machine_lacks(tmp_path):
    finding = launch_findings.network_finding(evidence_of(tmp_path, interface="ib0"))
    assert (finding.verdict, "eth0 192.0.2.7" in finding.text) == ("FAIL", True)


def test_files_of_this_disk(tmp_path):
    report = try_files(tmp_path / "new")
    assert not report.error
    assert 0 < report.median_ms <= report.slowest_ms
    assert "FileExistsError" in try_files(tmp_path / "new").error


def test_links_are_needed(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    report = try_files(tmp_path / "new")
    finding = file_findings.file_finding(evidence_of(tmp_path, {"files": report}), tmp_path)
    assert (finding.verdict, "not permitted" in finding.text) == ("FAIL", True)


def test_clocks_are_compared(tmp_path, monkeypatch):
    """The manager's clock is moved by 100 s; nobody else's."""
    from perrin.campaign.sites import exchange

    manager, clock = threading.Thread(target=lambda: answer(Answerer(tmp_path))), exchange.time.time
    done = threading.Event()

    def answer(answerer):
        while not done.is_set():
            answerer.answer()

    shifted = lambda: clock() + 100 * (threading.current_thread() is manager)  # noqa: E731
    monkeypatch.setattr(exchange.time, "time", shifted)
    manager.start()
    report = ask(tmp_path, "n1")
    done.set()
    manager.join()
    assert report.answered
    assert abs(report.skew_seconds - 100) <= report.skew_bound_seconds + 1e-3


def test_nobody_answers(tmp_path, monkeypatch):
    monkeypatch.setattr("perrin.campaign.sites.exchange.ANSWER_SECONDS", 0.05)
    assert not ask(tmp_path, "n1").answered


def test_only_the_manager_is_taken_for_it():
    with Echo("secret") as echo:
        addresses = {"lo": "127.0.0.1"}
        assert reachable(addresses, echo.port, "secret") == ["lo"]
        assert reachable(addresses, echo.port, "another") == []
    assert reachable(addresses, echo.port, "secret") == []


def test_a_speed_holds_for_one_kind_of_node(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    site = Site(name="c", slurm=Slurm(partition="a"))
    speed = Measurement(date="2030-01-02", nodes=["n"], processor="p", slowness={"brownian": 2.0})
    speed.save(site)
    assert Measurement.of(site) == speed
    assert Measurement.of(Site(name="c", slurm=Slurm(partition="a", max_blocks=9))) == speed
    assert Measurement.of(Site(name="c", slurm=Slurm(partition="b"))) is None


def ask_about_sites(tmp_path, *arguments):
    finished = subprocess.run(
        [PERRIN, "sites", *arguments, "--json"],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def test_sites_are_listed_and_shown(tmp_path):
    """One that is broken does not keep the others from being listed."""
    (tmp_path / "perrin" / "sites").mkdir(parents=True)
    for name, text in (("broken", "wrokers = 1"), ("whole_nodes", '[slurm]\npartition = "p"')):
        (tmp_path / "perrin" / "sites" / f"{name}.toml").write_text(text)
    rows = {row["name"]: row for row in ask_about_sites(tmp_path, "list")}
    assert rows["broken"]["kind"].startswith("broken: ")
    assert (rows["whole_nodes"]["whose"], rows["local"]["whose"]) == ("your", "perrin's")
    shown = ask_about_sites(tmp_path, "show", "whole_nodes")
    assert "#SBATCH --partition=p" in shown["jobs"]["a block of workers"]
    assert (shown["fields"]["slurm"]["pmi"], shown["given"]) == (
        "pmi2",
        ["name", "slurm.partition"],
    )


@pytest.mark.slow
def test_this_machine(trial, tmp_path):
    """Everything works here, nothing is left, and `plan` counts with the speed."""
    kernels = str(cache_folder().parent)
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": kernels}
    shared = tmp_path / "shared"
    shared.mkdir()
    command = [PERRIN, "sites", "check", "local", "--json", "--directory", str(shared)]
    finished = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    (pool,) = json.loads(finished.stdout)["pools"]
    verdicts = {finding["name"]: finding["verdict"] for finding in pool["findings"]}
    needed = ("python", "cores", "kernels", "files", "training", "speed")
    assert [verdicts[name] for name in needed] == ["ok"] * len(needed)
    assert list(shared.iterdir()) == []
    slowness = pool["speed"]["slowness"]["brownian"]
    assert 0.05 < slowness < 50

    small = trial()
    small.environment.update(environment)
    words = small.call("plan").stdout
    assert "as measured on local on" in " ".join(words.split())
