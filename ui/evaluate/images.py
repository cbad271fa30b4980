"""The images of an evaluation: small ones to press, and the chosen one in the viewer.

Pictures go to the browser by address. They are read and encoded when an address is made for the first time, so a rerun
of the page reads no photo again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st

from segcore.data import SegDataset, resize_image
from segcore.data.transforms import working_size
from segcore.evaluation import KeptPredictions, Report
from segcore.evaluation.measure import as_rgb
from segcore.types import IGNORE, RGB, Colour, LabelMap
from ui import blobs, state
from ui.components import viewer
from ui.components.viewer import Layers
from ui.text import plain

SIDE = 256
"""Pixels of the longer side of a small picture."""


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation and what belongs to it.

    Attributes:
        report: what was measured.
        dataset: on which.
        kept: the predictions.
        job: names them, and changes when they are computed again.
        short_name: who was judged, in a word; all weights of runs are called "best" or "last" in their reports.
    """

    report: Report
    dataset: SegDataset
    kept: KeptPredictions
    job: str
    short_name: str

    def photo(self, row: int) -> RGB:
        """The photo behind a row of the report (H, W, 3)."""
        return as_rgb(self.dataset[self.report.rows[row].index].image)

    def small(self, row: int) -> RGB:
        """The same, small."""
        photo = self.photo(row)
        return resize_image(photo, small_size(photo.shape[:2]))


@dataclass(frozen=True)
class ImageTile:
    """A small picture to press.

    Attributes:
        row: of the report.
        words: on it.
    """

    row: int
    words: str


def small_size(size: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of a small picture of a photo of this size."""
    return working_size((size[0], size[1]), min(SIDE, max(size)))


def tiles(
    found: Evaluation, shown: Sequence[ImageTile], *, key: str, version: str, make: Callable[[int], RGB] | None = None
) -> int:
    """Draw pictures to press and return the row of the chosen one, the first before anybody chose.

    Args:
        found: whose images they are.
        shown: at least one.
        key: of the choice.
        version: names what is drawn on the pictures.
        make: row → the small picture; the photo alone without it.
    """
    draw = make or found.small
    rows = [tile.row for tile in shown]
    chosen = state.get(key, rows[0])
    chosen = chosen if chosen in rows else rows[0]
    faces = []
    for row in rows:
        name = f"{found.job} {version} {row}"
        url = blobs.publish(name, lambda row=row: encoded(".jpg", draw(row)), "image/jpeg")  # type: ignore[misc]
        faces.append(f".st-key-{_css(key)}-{row} button {{ background-image: url({url}); }}")
    st.html(f"<style>{''.join(faces)}</style>")
    with st.container(horizontal=True, gap="small", key=f"faces_{_css(key)}"):
        for tile in shown:
            st.button(
                tile.words,
                key=f"{_css(key)}-{tile.row}",
                help=plain(found.report.rows[tile.row].name),
                type="primary" if tile.row == chosen else "secondary",
                on_click=state.put,
                args=(key, tile.row),
            )
    return chosen


def show(
    found: Evaluation,
    row: int,
    *,
    key: str,
    rival: Evaluation | None = None,
    photo: tuple[str, Callable[[], RGB]] | None = None,
) -> None:
    """Draw one image in the viewer: photo, prediction, truth, errors.

    Args:
        found: whose prediction it is.
        row: of its report.
        key: of the viewer.
        rival: another evaluation of the same images; the swipe then compares the two masks, from the beginning.
        photo: what names another photo to lie below, and how it is made; the swipe then bares it, from the beginning.

    Raises:
        BadImage: the photo or the prediction is gone.
    """
    name = f"{found.job} {row}"
    labels = found.kept.labels(row)
    classes, colours = union(found.report, None if rival is None else rival.report)
    second = None
    if rival is not None:
        table = ids_in(classes, rival.report.classes)
        maps = blobs.publish(
            f"{rival.job} {row} as {classes}", lambda: encoded(".png", _maps(rival.kept, row, table)), "image/png"
        )
        second = viewer.SecondMask(maps, rival.short_name)
    what, below = photo or ("photo", lambda: found.photo(row))
    viewer.show(
        Layers(
            labels.shape[1],
            labels.shape[0],
            image=blobs.publish(f"{name} {what}", lambda: encoded(".jpg", below()), "image/jpeg"),
            maps=blobs.publish(f"{name} maps", lambda: encoded(".png", _maps(found.kept, row)), "image/png"),
            truth=blobs.publish(f"{name} truth", lambda: encoded(".png", found.kept.truth(row)), "image/png"),
            second=second,
        ),
        classes,
        colours,
        title=found.short_name,
        swipe=second is not None or photo is not None,
        max_height_px=520,
        key=key,
    )


def union(one: Report, other: Report | None) -> tuple[tuple[str, ...], tuple[Colour, ...]]:
    """The classes of one, then those that only the other has; and their colours."""
    names, colours = list(one.classes), list(one.colours)
    if other is not None:
        for name, colour in zip(other.classes, other.colours, strict=True):
            if name not in names:
                names.append(name)
                colours.append(colour)
    return tuple(names), tuple(colours)


def ids_in(classes: Sequence[str], own: Sequence[str]) -> LabelMap:
    """(256,) table: id in ``own`` → id of the same name in ``classes``, which has them all; IGNORE stays."""
    table = np.full(256, IGNORE, np.uint8)
    table[: len(own)] = [list(classes).index(name) for name in own]
    return table


def _maps(kept: KeptPredictions, row: int, table: LabelMap | None = None) -> RGB:
    """What the viewer reads: class, confidence, and the class again where the runner-up would be."""
    labels = kept.labels(row) if table is None else table[kept.labels(row)]
    return np.dstack([labels, kept.confidence(row), labels])


def encoded(ending: str, pixels: np.ndarray) -> bytes:
    """(H, W) or (H, W, 3) RGB as the bytes of a file."""
    _, data = cv2.imencode(ending, np.ascontiguousarray(pixels[..., ::-1] if pixels.ndim == 3 else pixels))
    return data.tobytes()


def _css(key: str) -> str:
    return key.replace(".", "-")
