"""What a report is made of: plain data without any HTML. `page.render` draws it, as one file.

A report is a list of sections, a section a list of parts; whoever makes a report (run_report.py) writes only these.
Texts may hold anything: the template escapes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from segcore.types import Colour

Tone = Literal["", "good", "bad"]


@dataclass(frozen=True)
class Note:
    """A paragraph. Its tone is also told by its words."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True)
class Tiles:
    """The few facts that come first: (what, how much), each a small word over a large value."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Facts:
    """What and how much, one pair a line."""

    caption: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Named:
    """A cell: a class with its colour."""

    text: str
    colour: Colour


@dataclass(frozen=True)
class Share:
    """A cell: a share 0 … 1 as a bar, and the text that says it."""

    text: str
    share: float


Cell = str | Named | Share


@dataclass(frozen=True)
class Table:
    """Rows of as many cells as ``head``; ``numbers`` are the columns to be set flush right."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Matrix:
    """A table of counts, rows the truth, columns the labels. Each row is shown as shares of itself.

    Attributes:
        caption: says what it is to those who do not see it.
        classes: K names.
        colours: one per class.
        counts: K rows of K pixel counts.
        truth: what the rows are called.
        labels: what the columns are called.
    """

    caption: str
    classes: Sequence[str]
    colours: Sequence[Colour]
    counts: Sequence[Sequence[int]]
    truth: str
    labels: str


@dataclass(frozen=True)
class Curve:
    """One line of a chart.

    Attributes:
        name: in the legend.
        points: (x, y) in the order of x; y is None where there is no number, which makes a gap.
        colour: of the line; None is that of the text.
        dash: as SVG's stroke-dasharray; colour is never the only sign.
        marks: draw every point as a dot that tells its numbers under the pointer.
        is_faint: a quiet line behind the others.
    """

    name: str
    points: Sequence[tuple[float, float | None]]
    colour: Colour | None = None
    dash: str = ""
    marks: bool = False
    is_faint: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over one axis.

    Attributes:
        title: above it.
        x_title: what the axis counts.
        curves: the lines.
        bounds: lowest and highest y; None is from 0, or from the lowest where that is below, to the highest.
    """

    title: str
    x_title: str
    curves: Sequence[Curve]
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Picture:
    """A picture that stands in the file itself.

    Attributes:
        jpeg: its bytes.
        alt: says what it shows to those who do not see it.
        caption: below it.
    """

    jpeg: bytes
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class PictureRow:
    """Pictures of one thing beside each other."""

    title: str
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class Pictures:
    """Rows of pictures; ``head`` has a word for every column."""

    head: Sequence[str]
    rows: Sequence[PictureRow]


@dataclass(frozen=True)
class Legend:
    """The classes with their colours, in one line."""

    classes: Sequence[Named]


@dataclass(frozen=True)
class Code:
    """Something to copy."""

    text: str


@dataclass(frozen=True)
class Fold:
    """Parts that are shown when the reader opens them."""

    title: str
    parts: "Sequence[Part]"


Part = Note | Tiles | Facts | Table | Matrix | Chart | Pictures | Legend | Code | Fold


@dataclass(frozen=True)
class Section:
    """A heading with its parts; ``name`` is its address within the file, letters only."""

    name: str
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        title: its first line.
        lead: the line below it.
        language: of its texts, "en" or "zh".
        contents: what the list of sections is called.
        sections: in their order; those without parts are left out.
        foot: the last line.
    """

    title: str
    lead: str
    language: str
    contents: str
    sections: Sequence[Section] = field(default_factory=tuple)
    foot: str = ""
