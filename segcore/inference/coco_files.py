"""Connected components of a prediction, and the COCO file of them (https://cocodataset.org/#format-data)."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.palette import background_id
from segcore.types import Prediction

Mask = NDArray[np.bool_]

OnProgress = Callable[[int, int], None]
"""Called now and then with the number of finished pixels and of all pixels of components; an exception that it raises
ends the work."""

_REPORT_EVERY = 100
"""Components between two reports; a class begins with one as well."""


class Component(NamedTuple):
    """One connected component (8-neighbours) of a class, cropped to its bounding box."""

    class_id: int
    top: int
    left: int
    mask: Mask
    pixels: int

    def crop(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return the part of an image in the bounding box."""
        height, width = self.mask.shape
        return image[self.top : self.top + height, self.left : self.left + width]


Segmentation = Callable[[Component, tuple[int, int]], Any]
"""Returns the ``segmentation`` of a component in a photo of (height, width)."""


def components(prediction: Prediction, on_progress: OnProgress | None = None) -> Iterator[Component]:
    """Yield the components of every class but the background, class by class."""
    counts = np.bincount(prediction.labels.ravel(), minlength=256)
    first = first_object(prediction.classes)
    done, of = 0, int(counts[first : len(prediction.classes)].sum())
    for class_id in range(first, len(prediction.classes)):
        if not counts[class_id]:
            continue
        mask = (prediction.labels == class_id).view(np.uint8)
        number, ids, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        for index in range(1, number):
            if on_progress is not None and index % _REPORT_EVERY == 1:
                on_progress(done, of)
            left, top, width, height, pixels = (int(value) for value in stats[index])
            yield Component(class_id, top, left, ids[top : top + height, left : left + width] == index, pixels)
            done += pixels


def first_object(classes: tuple[str, ...]) -> int:
    """The id of the first class with annotations: 1 where the first class is the background, else 0."""
    return 0 if background_id(classes) is None else 1


def coco_json(predictions: Mapping[str, Prediction], on_progress: OnProgress | None = None) -> str:
    """Return the connected components of every class as COCO annotations with run lengths, exact for every shape.

    A category has the id of its class in the label map. A first class that is the background has neither category nor
    annotations. ``score`` is the mean confidence of a component.

    Args:
        predictions: file name → prediction; all with the same classes.
        on_progress: see `OnProgress`; the counts are those of one prediction.

    Raises:
        ValueError: no prediction, or predictions with different classes.
    """
    return json.dumps(document(predictions, _run_lengths, on_progress), ensure_ascii=False)


def document(
    predictions: Mapping[str, Prediction], segmentation: Segmentation, on_progress: OnProgress | None = None
) -> dict[str, Any]:
    """Return the contents of the file of `coco_json`, with another ``segmentation`` of each component."""
    class_lists = {prediction.classes for prediction in predictions.values()}
    if len(class_lists) != 1:
        raise ValueError(f"one COCO file has one list of classes, not {len(class_lists)}")
    (classes,) = class_lists
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (name, prediction) in enumerate(predictions.items(), start=1):
        height, width = prediction.labels.shape
        images.append({"id": image_id, "file_name": name, "width": width, "height": height})
        for component in components(prediction, on_progress):
            annotations.append(
                {
                    "id": len(annotations) + 1,  # pycocotools takes 0 for "no match"
                    "image_id": image_id,
                    "category_id": component.class_id,
                    "bbox": [component.left, component.top, component.mask.shape[1], component.mask.shape[0]],
                    "area": component.pixels,
                    "iscrowd": 0,
                    "segmentation": segmentation(component, (height, width)),
                    "score": round(float(component.crop(prediction.confidence)[component.mask].mean()), 4),
                }
            )
    return {
        "info": {"description": "Predicted by segcore"},
        "images": images,
        "categories": [{"id": index, "name": classes[index]} for index in range(first_object(classes), len(classes))],
        "annotations": annotations,
    }


def _run_lengths(component: Component, size: tuple[int, int]) -> dict[str, Any]:
    """COCO's run lengths: down the columns, left to right, alternating outside and inside, outside first."""
    height, width = size
    edges = np.diff(np.pad(component.mask.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)  # (columns, rows + 1)
    columns, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)  # in the same order, each after its start
    offset = (columns + component.left) * height + component.top
    borders = np.stack([starts + offset, ends + offset], axis=1).ravel()
    # A run that reaches the last row continues in the next column if that starts in the first row: no border there.
    same = np.flatnonzero(borders[1:] == borders[:-1])
    borders = np.delete(borders, np.concatenate([same, same + 1]))
    counts: list[int] = np.diff(np.concatenate([[0], borders, [height * width]])).tolist()
    return {"size": list(size), "counts": counts[:-1] if counts[-1] == 0 else counts}
