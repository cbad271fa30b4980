"""Which images of a dataset contain each class, as a short job for browsing by class."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segcore.data.specs import open_dataset
from segcore.errors import SegcoreError
from segcore.job_context import JobContext
from segcore.types import IGNORE


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_showing``. Settings: ``data``, a spec, and ``split`` or null.

    It returns ``showing``: for every class the indices of the images with a pixel of it, without unreadable images.
    """
    dataset = open_dataset(settings["data"], settings["split"])
    showing: list[list[int]] = [[] for _ in dataset.classes]
    for index in range(len(dataset)):
        job.progress(index, len(dataset), doing="checking")
        try:
            labels = dataset[index].labels
        except SegcoreError:  # the dataset check reports it
            continue
        for value in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)):
            if value != IGNORE:
                showing[value].append(index)
    return {"showing": showing}
