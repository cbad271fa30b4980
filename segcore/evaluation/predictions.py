"""The predictions of an evaluation on disk, so that a page can show the pixels behind a score.

    00012-labels.png       of row 12 of the report: class ids of the checkpoint
    ``00012-truth.png``    the ground truth, in the same ids; 255 is IGNORE
    00012-confidence.png   probability of the label, 0 … 255 in 32 steps, which makes the file four times smaller
    tables.npz             the confusion matrix of every image, (N, K, K)

All images have one 8-bit channel and the size of the photo, which is not copied.
"""

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.durable import write_whole
from segcore.errors import BadImage
from segcore.pictures import encode
from segcore.types import LabelMap, Prediction

FOLDER = "predictions"
"""Within the folder of an evaluation job."""

_TABLES = "tables.npz"
_STEPS = 31


class SavedPredictions:
    """A folder of saved predictions; it is created on the first write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, row: int, prediction: Prediction, truth: LabelMap) -> None:
        """Write the maps of one row of the report; ``truth`` (H, W) in the checkpoint's ids, or IGNORE."""
        confidence = np.rint(np.rint(prediction.confidence * _STEPS) * (255 / _STEPS)).astype(np.uint8)
        self.folder.mkdir(parents=True, exist_ok=True)
        for kind, pixels in (("labels", prediction.labels), ("truth", truth), ("confidence", confidence)):
            self._path(row, kind).write_bytes(encode(pixels))

    def save_tables(self, tables: NDArray[np.int64]) -> None:
        """Write the confusion matrices (N, K, K) of all images, including those whose maps are not saved."""
        file = io.BytesIO()
        np.savez_compressed(file, tables=tables.astype(np.int32))
        write_whole(self.folder / _TABLES, file.getvalue())

    def labels(self, row: int) -> LabelMap:
        """Return the predicted ids (H, W).

        Raises:
            BadImage: this image was not saved, or its file is damaged; as for the other maps.
        """
        return self._read(row, "labels")

    def ground_truth(self, row: int) -> LabelMap:
        """Return the ground truth (H, W), ids or IGNORE."""
        return self._read(row, "truth")

    def confidence(self, row: int) -> NDArray[np.uint8]:
        """Return the probability of the label (H, W), 0 … 255."""
        return self._read(row, "confidence")

    def rows(self) -> list[int]:
        """Return the rows of the report whose maps were saved."""
        return sorted(int(path.name.split("-")[0]) for path in self.folder.glob("*-labels.png"))

    def images_with(self, true_id: int, label: int) -> list[tuple[int, int]]:
        """Return (row of the report, pixels) of the images with pixels in a cell of the confusion matrix.

        Most pixels come first; images whose maps were not saved are included.
        """
        try:
            with np.load(self.folder / _TABLES, allow_pickle=False) as file:
                pixels = file["tables"][:, true_id, label]
        except (OSError, ValueError, KeyError) as error:
            raise BadImage("The counts of these images are gone or damaged. Evaluate the checkpoint again.") from error
        order = np.argsort(-pixels, kind="stable")
        return [(int(row), int(pixels[row])) for row in order if pixels[row]]

    def cell(self, row: int, true_id: int, label: int) -> NDArray[np.bool_]:
        """Return the pixels (H, W) of one image in a cell of the confusion matrix."""
        return np.asarray((self.ground_truth(row) == true_id) & (self.labels(row) == label))

    def _path(self, row: int, kind: str) -> Path:
        return self.folder / f"{row:05d}-{kind}.png"

    def _read(self, row: int, kind: str) -> NDArray[np.uint8]:
        path = self._path(row, kind)
        pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.exists() else None
        if pixels is None or pixels.ndim != 2 or pixels.dtype != np.uint8:
            raise BadImage(
                "The prediction of image {number} was not kept. Evaluate the checkpoint again.", number=row + 1
            )
        return np.asarray(pixels, np.uint8)
