"""What holds for every test."""

import os
import signal

import pytest

# One thread per process for the libraries that NumPy and torch compute with: tests run side by
# side, and many start workers of their own. Child processes inherit it. Set before those imports.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# A shell that starts the tests in the background has them, and all their children, ignore Ctrl-C;
# nohup has them ignore that the terminal is closed.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Where PERRIN_SKIP_NOTHING is set, a test that skips itself has failed."""
    report = yield
    if report.skipped and os.environ.get("PERRIN_SKIP_NOTHING") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped: {report.longrepr[2]}"
    return report


@pytest.fixture
def driving():
    """A planar field with forces along all axes."""
    return {
        "kind": "planar-fourier",
        "x": {"constant": 5.0, "modes": [{"amplitude": 3.0, "wavenumber": 1, "phase": 0.4}]},
        "y": {"modes": [{"amplitude": 8.0, "wavenumber": 2, "phase": 1.0}]},
        "z": {
            "constant": 2.0,
            "modes": [
                {"amplitude": 2.0, "wavenumber": 1, "phase": 0.3},
                {"amplitude": 1.5, "wavenumber": 3, "phase": 2.0},
            ],
        },
    }


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, worker_id):
    """Digests of a plan's replicas, each advanced in one go, once for all test processes."""
    from filelock import FileLock

    from perrin.tests.support.undisturbed import digest_of

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "undisturbed"
    folder.mkdir(exist_ok=True)

    def compute(plan, without=()):
        digests = {}
        for key in plan.wanted.keys() - set(without):
            path = folder / f"{key}-{plan.sampling_hash}-{plan.wanted[key][0].total_steps}"
            with FileLock(f"{path}.lock"):
                if not path.exists():
                    path.write_text(digest_of(plan, key))
                digests[key] = path.read_text()
        return digests

    return compute
