"""A disk that is soon full."""

import contextlib
import subprocess

import pytest


@contextlib.contextmanager
def small_disk(directory):
    """Mount six megabytes there; skips without the right to."""
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(directory)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a full disk needs the right to mount a tmpfs: run as root")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(path):
    """Write a file until nothing more fits."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
