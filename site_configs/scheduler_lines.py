"""Free lines for the head of a job script, without those that perrin writes itself."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

PREFIX = "#SBATCH"
_OPTION = re.compile(rf"{PREFIX}\s+--?(?P<name>[A-Za-z][\w-]*)")
_FIELDS = {
    ("partition", "p"): "partition",
    ("account", "A"): "account",
    ("qos", "q"): "qos",
    ("constraint", "C"): "constraint",
    ("time", "t"): "walltime",
    ("nodes", "N"): "nodes_per_block",
    ("cpus-per-task", "c"): "cores_per_node",
    ("mem",): "memory_per_node",
    ("gpus-per-node",): "gpus_per_node",
    ("exclusive",): "exclusive",
}
_FIELD_OF = {option: field for options, field in _FIELDS.items() for option in options}
_PERRINS = {
    *("job-name", "J", "output", "o", "error", "e", "array", "a", "requeue", "no-requeue"),
    *("ntasks", "n", "ntasks-per-node"),
}
"""Options on which perrin relies to find its jobs and to start its workers."""


def _checked(lines: list[str]) -> list[str]:
    for line in lines:
        match = _OPTION.match(line)
        if match is None:
            raise ValueError(f'{line!r}: give lines such as "{PREFIX} --mail-type=FAIL"')
        option = match["name"]
        if option in _FIELD_OF:
            raise ValueError(f"{line!r}: give the field {_FIELD_OF[option]} instead")
        if option in _PERRINS:
            raise ValueError(f"{line!r}: perrin sets this option itself; leave it out")
    return lines


SchedulerLines = Annotated[list[str], AfterValidator(_checked)]
