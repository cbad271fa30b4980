"""Which classes each image of a dataset shows, as a short job: what browsing by class asks for."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segcore.data.registry import open_dataset
from segcore.errors import SegcoreError
from segcore.job_context import JobContext
from segcore.types import IGNORE


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_showing``. Settings: ``data``, a spec, and ``split`` or null.

    Returns:
        ``showing``: for every class the indices of the images that have a pixel of it; images that cannot be read have
        none.

    Raises:
        SegcoreError: the dataset cannot be opened.
    """
    dataset = open_dataset(settings["data"], settings["split"])
    showing: list[list[int]] = [[] for _ in dataset.classes]
    for index in range(len(dataset)):
        job.progress(index, len(dataset), doing="checking")
        try:
            labels = dataset[index].labels
        except SegcoreError:  # the doctor tells it
            continue
        for value in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)):
            if value != IGNORE:
                showing[value].append(index)
    return {"showing": showing}
