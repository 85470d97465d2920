"""What a benchmark says of where it ran."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def machine(cores: int) -> str:
    """Processor, and how many of its cores were used."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {cores} of {os.cpu_count()} cores"


def commit() -> str:
    """Commit of the checkout that this file lies in."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"
