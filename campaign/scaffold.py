"""What `perrin init` writes."""

from __future__ import annotations

import json
from pathlib import Path

from .. import PerrinError
from .spec import Campaign

SCHEMA_NAME = "campaign.schema.json"

TEMPLATE = """\
#:schema ./campaign.schema.json
name = "{name}"

[problem]                       # what is simulated
engine = "brownian"
seed = 1                        # root of all randomness
replicas = 4                    # independent realisations of each state point

[problem.parameters]            # shared by all state points; units: sigma, epsilon, tau
temperature = 1.5
box_length = 10.0
potential = {{ kind = "lennard-jones", cutoff = 2.5 }}

[problem.dynamics]
time_step = 1e-4
bulk_time = 1.0                 # equilibration without external force

[problem.random]                # or [[problem.points]] one by one, or [problem.grid]
count = 4
particles = [200, 500]
field = {{}}                      # random planar fields; see the schema for their distribution

[sampling]                      # what is measured, and for how long
transient_time = 5.0
time = 5.0
bin_width = 0.1

[resources]                     # what it may use; never changes a result
site = "local"
"""


class ScaffoldError(PerrinError, FileExistsError):
    """A scaffold would overwrite something."""


def json_schema() -> str:
    """JSON schema of the campaign file, for editors."""
    return json.dumps(Campaign.model_json_schema(), indent=2) + "\n"


def write_scaffold(directory: Path, name: str) -> list[Path]:
    """Write a campaign file and its schema; return their paths."""
    campaign, schema = directory / "campaign.toml", directory / SCHEMA_NAME
    if campaign.exists():
        raise ScaffoldError(f"{campaign} exists; choose another directory or remove it")
    directory.mkdir(parents=True, exist_ok=True)
    campaign.write_text(TEMPLATE.format(name=name))
    schema.write_text(json_schema())
    return [campaign, schema]
