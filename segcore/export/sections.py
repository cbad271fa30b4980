"""The parts of a report as plain data: `page.render` writes them as HTML, ``ui/widgets/sections.py`` draws them.

A report is a list of sections, a section a list of parts. Texts may contain anything: the renderers escape them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from segcore.types import Colour

Tone = Literal["", "good", "bad", "strong", "busy", "quiet"]


@dataclass(frozen=True)
class Note:
    """A paragraph. The tone only adds colour or emphasis to what the text states."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Tiles:
    """The most important values: (label, value, note), the note empty or an interval."""

    rows: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Facts:
    """Pairs of label and value, one per row."""

    caption: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Named:
    """Table cell: a class with its colour."""

    text: str
    colour: Colour


@dataclass(frozen=True)
class Share:
    """Table cell: a share 0 … 1 as a bar beside its text; without a colour, in the accent colour."""

    text: str
    share: float
    colour: Colour | None = None


@dataclass(frozen=True)
class Shade:
    """Table cell: text on a background whose strength grows with a share 0 … 1."""

    text: str
    share: float
    colour: Colour


@dataclass(frozen=True)
class Toned:
    """Table cell: text in the colour of its tone."""

    text: str
    tone: Tone


Cell = str | Named | Share | Shade | Toned


@dataclass(frozen=True)
class Table:
    """Rows with as many cells as ``head``; the columns in ``numbers`` are right-aligned."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: K rows (ground truth) of K pixel counts (predictions), shown as shares of the row's sum.

    The caption is for screen readers. ``row_title`` and ``column_title`` head all rows and all columns.
    """

    caption: str
    classes: Sequence[str]
    colours: Sequence[Colour]
    counts: Sequence[Sequence[int]]
    row_title: str
    column_title: str


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    name: str
    points: Sequence[tuple[float, float | None]]  # (x, y) in the order of x; None makes a gap
    colour: Colour | None = None  # None is the text colour
    dash: str = ""  # as SVG's stroke-dasharray, so that colour is not the only difference
    marks: bool = False  # draw every point as a dot that shows its values under the pointer
    is_faint: bool = False  # a thin line behind the others
    gaps_are_nan: bool = False  # then each gets a cross, at the height of the number before it
    is_bars: bool = False  # bars where the renderer can draw them, else a line


_CLASS_DASHES = ("", "7 4", "2 3", "9 3 2 3", "14 4")


def class_dash(class_id: int) -> str:
    """The dash of a class among the lines of all classes."""
    return _CLASS_DASHES[class_id % len(_CLASS_DASHES)]


@dataclass(frozen=True)
class Chart:
    """Lines over one axis."""

    title: str
    x_title: str
    curves: Sequence[Series]
    bounds: tuple[float, float] | None = None  # of y; None: from 0 or a negative minimum


@dataclass(frozen=True)
class Figure:
    """An image embedded in the document, its description for screen readers, and the caption below it."""

    jpeg: bytes
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class FigureRow:
    """Images of one sample, side by side."""

    title: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class FigureGrid:
    """Rows of images; ``head`` names every column."""

    head: Sequence[str]
    rows: Sequence[FigureRow]


@dataclass(frozen=True)
class Legend:
    """The classes with their colours, on one line."""

    classes: Sequence[Named]


@dataclass(frozen=True)
class Code:
    """Preformatted text to copy, such as a command."""

    text: str


@dataclass(frozen=True)
class Details:
    """Parts that are hidden until the reader opens them."""

    title: str
    parts: "Sequence[Part]"


Part = Note | Tiles | Facts | Table | Matrix | Chart | FigureGrid | Legend | Code | Details


@dataclass(frozen=True)
class Section:
    """A heading with its parts; ``name`` is its anchor within the document, letters only."""

    name: str
    title: str
    parts: Sequence[Part]
