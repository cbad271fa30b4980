"""Which classes each image of a dataset shows, as a short job: what browsing by class asks for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segcore.data.specs import open_dataset
from segcore.errors import SegcoreError
from segcore.types import IGNORE


def work(
    settings: Mapping[str, Any], emit: Callable[..., Any], asked: Callable[[], Any], _folder: Path
) -> dict[str, Any] | None:
    """The function of the job ``dataset_showing``. Settings: ``data``, a spec, and ``split`` or null.

    Returns:
        ``showing``: for every class the indices of the images that have a pixel of it; images that cannot be read have
        none. None when it was asked to stop.

    Raises:
        SegcoreError: the dataset cannot be opened.
    """
    dataset = open_dataset(settings["data"], settings["split"])
    showing: list[list[int]] = [[] for _ in dataset.classes]
    for index in range(len(dataset)):
        emit("progress", done=index, total=len(dataset), doing="checking")
        if asked() is not None:
            return None
        try:
            labels = dataset[index].labels
        except SegcoreError:  # the doctor tells it
            continue
        for value in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)):
            if value != IGNORE:
                showing[value].append(index)
    return {"showing": showing}
