"""How pictures of the report look: their measures, and colours that follow light and dark mode.

Matplotlib draws with the colours of light mode. In the SVG each of them becomes a variable of the
page's style sheet, which knows its counterpart in dark mode: `style_sheet` writes both. Colours
are told apart by people who confuse red and green (M. Okabe and K. Ito, 2008; viridis).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

INK, FAINT = "#1f2328", "#8a9199"
LEARNED, RANDOM, FOURTH = "#0072b2", "#d55e00", "#009e73"
ACCURATE, CANDIDATE, FAILED = "#56a9d9", "#0072b3", "#b9bec4"
ORDINAL = ("#d19a00", "#6fa83c", "#1f938c", "#2e6da4", "#46409a", "#54186e")

DARK = {
    INK: "#e6e8eb",
    FAINT: "#8b929b",
    LEARNED: "#5fb4ec",
    RANDOM: "#ff9a57",
    FOURTH: "#3fcf9f",
    ACCURATE: "#3d7ea6",
    CANDIDATE: "#8fd0ff",
    FAILED: "#565c64",
    ORDINAL[0]: "#fde046",
    ORDINAL[1]: "#9bd95a",
    ORDINAL[2]: "#43c7b4",
    ORDINAL[3]: "#5aa9e6",
    ORDINAL[4]: "#9a94f5",
    ORDINAL[5]: "#d08cf0",
}
WIDTH = 9.0
RC: Any = {
    "figure.dpi": 100,
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "legend.fontsize": 8.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "ytick.minor.width": 0.5,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "lines.linewidth": 1.3,
    "lines.markersize": 4.5,
    "errorbar.capsize": 2.0,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "path",
}


@contextmanager
def canvas(height: float) -> Iterator[Figure]:
    """Figure of the page's width and this height, inch; draw and `to_svg` within."""
    with matplotlib.rc_context(RC):
        yield Figure(figsize=(WIDTH, height), layout="constrained")


def to_svg(figure: Figure, name: str) -> str:
    """Figure as an SVG element for a page on which no other has this name."""
    buffer = io.StringIO()
    unsaid = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=unsaid)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    for number, colour in enumerate(DARK):
        text = text.replace(colour, f"var(--c{number})")
    return text


def style_sheet(dark: bool) -> str:
    """Declare the variables that `to_svg` uses."""
    shown = DARK.values() if dark else DARK.keys()
    return " ".join(f"--c{number}: {colour};" for number, colour in enumerate(shown))


def ordinal(number: int, count: int) -> str:
    """Colour of a round among `count`, from the first to the last."""
    return ORDINAL[round(number * (len(ORDINAL) - 1) / max(1, count - 1))]


def whole_numbers(axis: Any) -> None:
    """Put ticks of an axis at whole numbers."""
    axis.set_major_locator(MaxNLocator("auto", integer=True))


def plain_logarithmic(axis: Any) -> None:
    """Label a logarithmic axis with 0.1, 0.2, 0.3, 0.5, 1, ..."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def zero_line(panel: Any) -> None:
    """Mark zero."""
    panel.axhline(0, color=FAINT, lw=0.5, zorder=0)


def panel_letter(panel: Any, letter: str) -> None:
    """Name a panel."""
    panel.set_title(f"({letter})", loc="left")
