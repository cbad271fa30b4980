"""The images of an evaluation: small tiles to choose from, and the chosen one in the viewer.

The browser fetches images by address. They are read and encoded when an address is published for the first time, so a
rerun of the page reads no image again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from segcore.data import SegDataset, resize_image
from segcore.data.transforms import working_size
from segcore.evaluation import EvaluationReport, SavedPredictions
from segcore.pictures import as_rgb, encode
from segcore.types import IGNORE, RGB, Colour, LabelMap
from ui import blobs, state
from ui.components import viewer
from ui.components.viewer import Layers
from ui.text import plain
from ui.widgets import image_strip
from ui.widgets.image_strip import Face

SIDE = 256
"""Longer side of a tile in pixels."""


@dataclass(frozen=True)
class Evaluation:
    """A finished evaluation with its images and their saved predictions.

    Attributes:
        job: identifies the predictions; changes when they are computed again.
        short_name: of the subject; the reports of all runs call their weights "best" or "last".
    """

    report: EvaluationReport
    dataset: SegDataset
    predictions: SavedPredictions
    job: str
    short_name: str

    def photo(self, row: int) -> RGB:
        """The image of a row of the report, (H, W, 3)."""
        return as_rgb(self.dataset[self.report.rows[row].index].image)

    def thumbnail(self, row: int) -> RGB:
        """The same image at the size of a tile."""
        photo = self.photo(row)
        return resize_image(photo, tile_size(photo.shape[:2]))


def tile_size(size: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of the tile of an image with this (height, width)."""
    return working_size((size[0], size[1]), min(SIDE, max(size)))


def tiles(
    evaluation: Evaluation,
    texts: Mapping[int, str],
    *,
    key: str,
    version: str,
    make: Callable[[int], RGB],
) -> int:
    """Draw the tiles and return the row of the chosen one, by default the first.

    ``texts`` are drawn on the images, by row, at least one. ``make`` returns the small image of a row; ``version``
    identifies what it draws.
    """
    first = next(iter(texts))
    chosen = state.get(key, first)
    chosen = chosen if chosen in texts else first

    def face(row: int, text: str) -> Face:
        name = f"{evaluation.job} {version} {row}"
        url = blobs.publish(name, lambda: encode(make(row), "jpg", quality=95), "image/jpeg")
        return Face(row, url, text, plain(evaluation.report.rows[row].name))

    image_strip.draw(
        [face(row, text) for row, text in texts.items()],
        chosen=chosen,
        on_choose=lambda row: state.put(key, row),
        key=key.replace(".", "-"),
        style="faces",
    )
    return chosen


def show(
    evaluation: Evaluation,
    row: int,
    *,
    key: str,
    other: Evaluation | None = None,
    photo: tuple[str, Callable[[], RGB]] | None = None,
) -> None:
    """Draw the image of a row of the report in the viewer: photo, prediction, ground truth, errors.

    The swipe starts with both masks if there is an ``other`` evaluation of the same images, and with the bare image if
    there is another ``photo`` below the mask, given by its identifier and maker.

    Raises:
        BadImage: the photo or the prediction was deleted.
    """
    name, predictions = f"{evaluation.job} {row}", evaluation.predictions
    height, width = predictions.labels(row).shape
    classes, colours = union(evaluation.report, None if other is None else other.report)
    second = None
    if other is not None:
        table = ids_in(classes, other.report.classes)
        maps = blobs.publish(f"{other.job} {row} as {classes}", lambda: encode(_maps(other, row, table)), "image/png")
        second = viewer.SecondMask(maps, other.short_name)
    photo_name, make_photo = photo or ("photo", lambda: evaluation.photo(row))
    viewer.show(
        Layers(
            width,
            height,
            image=blobs.publish(f"{name} {photo_name}", lambda: encode(make_photo(), "jpg", quality=95), "image/jpeg"),
            maps=blobs.publish(f"{name} maps", lambda: encode(_maps(evaluation, row)), "image/png"),
            truth=blobs.publish(f"{name} truth", lambda: encode(predictions.ground_truth(row)), "image/png"),
            second=second,
        ),
        classes,
        colours,
        title=evaluation.short_name,
        swipe=second is not None or photo is not None,
        max_height_px=520,
        key=key,
    )


def union(one: EvaluationReport, other: EvaluationReport | None) -> tuple[tuple[str, ...], tuple[Colour, ...]]:
    """The classes of one report, then those that only the other has; and their colours."""
    colours = dict(zip(one.classes, one.colours, strict=True))
    if other is not None:
        for name, colour in zip(other.classes, other.colours, strict=True):
            colours.setdefault(name, colour)
    return tuple(colours), tuple(colours.values())


def ids_in(classes: Sequence[str], own: Sequence[str]) -> LabelMap:
    """(256,) lookup table from ids of ``own`` to ids of the same names in ``classes``, a superset; IGNORE stays."""
    table = np.full(256, IGNORE, np.uint8)
    table[: len(own)] = [list(classes).index(name) for name in own]
    return table


def _maps(evaluation: Evaluation, row: int, table: LabelMap | None = None) -> RGB:
    """The maps of the viewer: class, confidence, and the class again for want of a runner-up."""
    labels = evaluation.predictions.labels(row)
    labels = labels if table is None else table[labels]
    return np.dstack([labels, evaluation.predictions.confidence(row), labels])
