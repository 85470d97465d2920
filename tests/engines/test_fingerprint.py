import json
import subprocess
import sys

from perrin.engines.fingerprint import fingerprint
from perrin.site_configs.site import Site


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


def test_the_target_of_a_site_decides_the_instructions() -> None:
    """A common baseline has no 512-bit registers, whatever the host can do."""
    code = (
        "import json, numba, numpy as np\n"
        "from perrin.engines.fingerprint import processor\n"
        "f = numba.njit('f8(f8[::1])', fastmath=True)(lambda a: a.sum())\n"
        "text = next(iter(f.inspect_asm().values()))\n"
        "print(json.dumps([processor(), 'zmm' in text]))"
    )
    environment = Site(name="mixed", cpu_target="x86-64-v2").environment()
    out = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(out.stdout) == [{"name": "x86-64-v2", "features": ""}, False]


def test_engines_never_import_torch() -> None:
    code = "import sys, perrin.engines.registry; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
