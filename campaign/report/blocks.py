"""What a page is made of: sections of text, tables, pictures and sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"

    text: str


@dataclass(frozen=True)
class Missing:
    """One line that says what is not there yet, or cannot be used."""

    kind: ClassVar[str] = "missing"

    text: str


@dataclass(frozen=True)
class Tiles:
    """A few numbers to see first: (label, number, remark) each."""

    kind: ClassVar[str] = "tiles"

    tiles: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Table:
    """Rows of text below a header; the first column names the row."""

    kind: ClassVar[str] = "table"

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A drawing as inline SVG, what it shows in words, and a caption."""

    kind: ClassVar[str] = "picture"

    svg: str
    alternative: str
    caption: str


@dataclass(frozen=True)
class Source:
    """A text that is shown on demand, letter by letter."""

    kind: ClassVar[str] = "source"

    title: str
    text: str


Block: TypeAlias = Text | Missing | Tiles | Table | Picture | Source


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """Name to link to."""
        return self.title.lower().replace(" ", "-")
