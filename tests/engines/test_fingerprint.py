import json
import subprocess
import sys

from perrin.engines.fingerprint import fingerprint


def test_fingerprint_names_processor_and_versions() -> None:
    parts = json.loads(fingerprint())
    assert parts["processor"]["name"]
    assert set(parts["versions"]) == {"numba", "llvmlite", "numpy", "torch"}
    assert fingerprint() == json.dumps(parts, sort_keys=True, separators=(",", ":"))


def test_fingerprint_follows_the_target_that_numba_is_told() -> None:
    code = "from perrin.engines.fingerprint import fingerprint; print(fingerprint())"
    environment = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx2"}
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    processor = json.loads(out.stdout)["processor"]
    assert processor == {"name": "x86-64-v3", "features": "+avx2"}


def test_engines_never_import_torch() -> None:
    code = "import sys, perrin.engines.registry; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
