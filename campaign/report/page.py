"""The page: sections in their order, in one HTML file that needs nothing else."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from ... import __version__
from ...engines.durable import replace, temporary_name
from . import (
    curves_section,
    deviation_section,
    explored_section,
    fields_section,
    gates_section,
    precision_section,
    provenance_section,
    round_table,
    summary,
    time_section,
)
from .blocks import Section
from .findings import Findings
from .style import style_sheet

LEARNING: tuple[Callable[[Findings], Section], ...] = (
    summary.section,
    round_table.section,
    fields_section.section,
    deviation_section.section,
    curves_section.section,
    gates_section.section,
    explored_section.section,
    time_section.section,
    provenance_section.section,
)
PLAIN: tuple[Callable[[Findings], Section], ...] = (
    summary.section,
    fields_section.section,
    time_section.section,
    provenance_section.section,
)


PRECISE: tuple[Callable[[Findings], Section], ...] = (
    summary.section,
    precision_section.section,
    *PLAIN[1:],
)


def _sections(findings: Findings) -> tuple[Callable[[Findings], Section], ...]:
    if findings.learned is not None:
        return LEARNING
    return PRECISE if findings.attained is not None else PLAIN


def render(findings: Findings) -> str:
    """Report as HTML."""
    makers = _sections(findings)
    template = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["text"] = with_subscripts
    return environment.from_string(template).render(
        name=findings.campaign.name,
        version=__version__,
        written=time.strftime("%Y-%m-%d %H:%M %Z"),
        sections=[make(findings) for make in makers],
        light=style_sheet(dark=False),
        dark=style_sheet(dark=True),
    )


def with_subscripts(text: str) -> Markup:
    """Text with the indices of f_x, v_0, f_int and their like set as such."""
    return Markup(re.sub(r"\b([fvk])_(int|[xyz0B])\b", r"\1<sub>\2</sub>", str(escape(text))))


def write_page(findings: Findings, path: Path) -> None:
    """Write the report; whoever reads it meanwhile sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path, str(os.getpid()))
    temporary.write_text(render(findings), encoding="utf-8")
    replace(temporary, path)
