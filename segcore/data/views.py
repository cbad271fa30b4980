"""New datasets from old ones: choose, mix. Nothing is copied; samples are read when they are indexed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from segcore.data.base import Sample, SegDataset
from segcore.errors import BadClasses, BadDataset


@dataclass(frozen=True, eq=False)
class View(SegDataset):
    """A dataset whose samples are those of other datasets, in any order and with any new labels.

    ``entries`` is (len, 2) int64: the source of every sample and its index there. ``table`` is (256,) uint8: old label
    → new label; None keeps the labels.
    """

    sources: tuple[SegDataset, ...] = field(repr=False)
    entries: NDArray[np.int64] = field(repr=False)
    table: NDArray[np.uint8] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Sample:
        source, position = self.entries[index]
        sample: Sample = self.sources[source][int(position)]
        if self.table is None:
            return sample
        return Sample(image=sample.image, labels=self.table[sample.labels], name=sample.name)


def origin(dataset: SegDataset, index: int) -> tuple[SegDataset, int]:
    """Return the dataset that reads a sample of views of views, and the sample's index there."""
    while isinstance(dataset, View):
        source, position = dataset.entries[index].tolist()
        dataset, index = dataset.sources[source], position
    return dataset, index


def subset(dataset: SegDataset, indices: Sequence[int]) -> View:
    """The samples at ``indices``, in that order."""
    chosen = np.asarray(indices, np.int64).reshape(-1)
    if chosen.size and not (chosen.min() >= 0 and chosen.max() < len(dataset)):
        raise ValueError(f"indices must be 0 … {len(dataset) - 1}, got {chosen.min()} … {chosen.max()}")
    entries = np.stack([np.zeros_like(chosen), chosen], axis=1)
    facts = {each.name: getattr(dataset, each.name) for each in fields(SegDataset)}
    return View(**facts, sources=(dataset,), entries=entries)


def mix(datasets: Sequence[SegDataset]) -> SegDataset:
    """All samples of several datasets, one dataset after the other.

    Raises:
        BadClasses, BadDataset: their classes or channels differ. Give them one list by `with_classes` first.
    """
    if not datasets:
        raise ValueError("mix needs at least one dataset")
    first = datasets[0]
    if len(datasets) == 1:
        return first
    for other in datasets[1:]:
        _require_same_facts(first, other)
    ships = [dataset.shippable for dataset in datasets]
    return View(
        name="+".join(dataset.name for dataset in datasets),
        title=" + ".join(dataset.title for dataset in datasets),
        classes=first.classes,
        colours=first.colours,
        in_channels=first.in_channels,
        licence="; ".join(dict.fromkeys(dataset.licence for dataset in datasets if dataset.licence)),
        shippable=False if False in ships else None if None in ships else True,
        notes=tuple(dict.fromkeys(note for dataset in datasets for note in dataset.notes)),
        sources=tuple(datasets),
        entries=np.array(
            [(source, index) for source, dataset in enumerate(datasets) for index in range(len(dataset))], np.int64
        ).reshape(-1, 2),
    )


def _require_same_facts(first: SegDataset, other: SegDataset) -> None:
    if other.classes != first.classes:
        raise BadClasses(
            "{one} has the classes {classes}, but {other} has {other_classes}. Datasets are mixed only when "
            "their classes are the same and in the same order; map them onto a common list first.",
            one=first.title,
            classes=first.classes,
            other=other.title,
            other_classes=other.classes,
        )
    if other.in_channels != first.in_channels:
        raise BadDataset(
            "{one} has {channels} channels and {other} has {other_channels}; only datasets with the same number "
            "can be mixed.",
            one=first.title,
            channels=first.in_channels,
            other=other.title,
            other_channels=other.in_channels,
        )
