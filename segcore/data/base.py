"""A dataset and what can be done with one: choose, split, rename classes, mix.

A dataset here is anything with the attributes of ``SegDataset``. The functions below return new datasets that look
at the old one; nothing is copied and nothing is read before an index is asked for.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from segcore.errors import BadClasses, BadConfig, BadDataset, Message, joined
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour, LabelMap

MAX_CLASSES = 254
"""Class ids are bytes: 255 is IGNORE and 254 stays free to mark values that are no class."""


@dataclass(frozen=True, eq=False)
class Sample:
    """One image with its labels.

    Attributes:
        image: (H, W, C) uint8, RGB where C is 3.
        labels: (H, W) uint8, ids 0 … K-1 or IGNORE.
        name: identifies the sample within its dataset, for people: usually the file's stem.
    """

    image: NDArray[np.uint8]
    labels: LabelMap
    name: str


class SegDataset(Protocol):
    """What every dataset offers.

    Attributes:
        name: short, for file names and tables.
        title: for people.
        classes: K names in the order of the ids.
        colours: one per class.
        in_channels: C of every image.
        licence: as stated by the dataset, "" where nothing is stated.
        shippable: may weights trained on it be given away? None where nobody said.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - described above, as all seven
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def colours(self) -> tuple[Colour, ...]: ...  # noqa: D102
    @property
    def in_channels(self) -> int: ...  # noqa: D102
    @property
    def licence(self) -> str: ...  # noqa: D102
    @property
    def shippable(self) -> bool | None: ...  # noqa: D102

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Sample: ...


@dataclass(frozen=True, eq=False)
class View:
    """A dataset made from other datasets: each of its samples is a sample of one of them, perhaps relabelled.

    Attributes:
        sources: the datasets it looks at.
        entries: (len, 2) int64, for every sample which source and which index there.
        table: (256,) uint8, old label → new label; None keeps the labels.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    in_channels: int
    licence: str
    shippable: bool | None
    sources: tuple[SegDataset, ...] = field(repr=False)
    entries: NDArray[np.int64] = field(repr=False)
    table: NDArray[np.uint8] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int, /) -> Sample:
        source, position = self.entries[index]
        sample = self.sources[source][int(position)]
        if self.table is None:
            return sample
        return Sample(image=sample.image, labels=self.table[sample.labels], name=sample.name)


def subset(dataset: SegDataset, indices: Sequence[int]) -> SegDataset:
    """The samples at ``indices``, in that order."""
    wanted = np.asarray(indices, np.int64).reshape(-1)
    if wanted.size and not (wanted.min() >= 0 and wanted.max() < len(dataset)):
        raise ValueError(f"indices must be 0 … {len(dataset) - 1}, got {wanted.min()} … {wanted.max()}")
    entries = np.stack([np.zeros_like(wanted), wanted], axis=1)
    return View(**_facts(dataset), sources=(dataset,), entries=entries)


def split_dataset(
    dataset: SegDataset, val_share: float, seed: int, groups: Sequence[Hashable] | None = None
) -> tuple[SegDataset, SegDataset]:
    """Divide a dataset at random into a part to train on and a part to validate on.

    Args:
        dataset: to be divided.
        val_share: share of the samples (or of the groups) for validation, between 0 and 1.
        seed: the same seed gives the same division.
        groups: one key per sample; samples with equal keys stay together. For pictures that are not
            independent: tiles of one aerial photo, frames of one drive.

    Returns:
        (train, val); each sample is in exactly one, each part has at least one, both keep the dataset's order.

    Raises:
        BadConfig: the share is not between 0 and 1.
        BadDataset: fewer than two samples (or groups).
    """
    if not 0.0 < val_share < 1.0:
        raise BadConfig("val_share is {val_share}; it must lie between 0 and 1, for example 0.2.", val_share=val_share)
    keys: Sequence[Hashable] = range(len(dataset)) if groups is None else groups
    if len(keys) != len(dataset):
        raise ValueError(f"groups has {len(keys)} keys for {len(dataset)} samples")
    distinct = list(dict.fromkeys(keys))
    if len(distinct) < 2:
        raise BadDataset(
            "{title} has {count} independent sample(s), which cannot be divided into a part to train on and one to "
            "validate on. Add images, or name a validation set of its own.",
            title=dataset.title,
            count=len(distinct),
        )
    held_out = min(max(round(val_share * len(distinct)), 1), len(distinct) - 1)
    order = np.random.default_rng(seed).permutation(len(distinct))
    val_keys = {distinct[position] for position in order[:held_out]}
    train = [index for index, key in enumerate(keys) if key not in val_keys]
    val = [index for index, key in enumerate(keys) if key in val_keys]
    return subset(dataset, train), subset(dataset, val)


def mix(datasets: Sequence[SegDataset]) -> SegDataset:
    """All samples of several datasets, one after the other.

    Raises:
        BadClasses, BadDataset: their classes or channels differ. Bring them together by ``with_classes`` first.
    """
    if not datasets:
        raise ValueError("mix needs at least one dataset")
    first = datasets[0]
    if len(datasets) == 1:
        return first
    for other in datasets[1:]:
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
    ships = [dataset.shippable for dataset in datasets]
    return View(
        name="+".join(dataset.name for dataset in datasets),
        title=" + ".join(dataset.title for dataset in datasets),
        classes=first.classes,
        colours=first.colours,
        in_channels=first.in_channels,
        licence="; ".join(dict.fromkeys(dataset.licence for dataset in datasets if dataset.licence)),
        shippable=False if False in ships else None if None in ships else True,
        sources=tuple(datasets),
        entries=np.array(
            [(source, index) for source, dataset in enumerate(datasets) for index in range(len(dataset))], np.int64
        ).reshape(-1, 2),
    )


@dataclass(frozen=True, eq=False)
class InMemory:
    """A dataset whose first samples are held in memory; made by ``cached``."""

    name: str
    title: str
    classes: tuple[str, ...]
    colours: tuple[Colour, ...]
    in_channels: int
    licence: str
    shippable: bool | None
    source: SegDataset = field(repr=False)
    held: tuple[Sample, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int, /) -> Sample:
        return self.held[index] if 0 <= index < len(self.held) else self.source[index]


def cached(dataset: SegDataset, max_bytes: int = 1_000_000_000) -> SegDataset:
    """Read the samples now and keep them, as many as fit into ``max_bytes``; the others are read when asked for.

    Reading everything at once, before loader processes are started, is what lets those share the memory.
    """
    held: list[Sample] = []
    free = max_bytes
    for index in range(len(dataset)):
        sample = dataset[index]
        free -= sample.image.nbytes + sample.labels.nbytes
        if free < 0:
            break
        held.append(sample)
    return InMemory(**_facts(dataset), source=dataset, held=tuple(held))


def parse_class_map(text: str) -> dict[str, str]:
    """Read ``"person=ignore,car=vehicle"`` as a mapping from a dataset's class to the class wanted.

    Raises:
        BadConfig: an entry that is not ``name=name``, or a name that stands twice on the left.
    """
    mapping: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        old, separator, new = (part.strip() for part in entry.partition("="))
        if not (old and separator and new):
            raise BadConfig(
                '"{entry}" is no class mapping; expected name=name, as in "person=ignore,car=vehicle".', entry=entry
            )
        if old in mapping:
            raise BadConfig(
                'The class "{name}" is mapped twice, to "{one}" and to "{other}". Keep one.',
                name=old,
                one=mapping[old],
                other=new,
            )
        mapping[old] = new
    return mapping


def with_classes(dataset: SegDataset, classes: Sequence[str], mapping: Mapping[str, str] | None = None) -> SegDataset:
    """The same samples, labelled with another list of classes. Classes are matched by name.

    A class of the dataset becomes, in this order: what ``mapping`` says of its name; the wanted class of the same
    name; what ``mapping`` says of ``"*"``. ``"ignore"`` on the right makes its pixels IGNORE. Wanted classes that the
    dataset does not label are allowed: they simply do not occur.

    Args:
        dataset: to be relabelled.
        classes: K names in the order of the new ids.
        mapping: name in the dataset (or ``"*"``) → name in ``classes`` (or ``"ignore"``).

    Raises:
        BadClasses: classes of the dataset without a place, or names in the mapping that do not exist; all listed.
    """
    wanted = tuple(classes)
    rules = dict(mapping or {})
    rest = rules.pop("*", None)
    ids = {name: index for index, name in enumerate(wanted)}
    if len(ids) != len(wanted) or not wanted or len(wanted) > MAX_CLASSES:
        raise BadClasses(
            "Expected 1 … {most} different class names, got: {wanted}.",
            most=MAX_CLASSES,
            wanted=wanted or Message("none"),
        )
    problems = [
        Message('the mapping names "{name}", which {title} does not have', name=old, title=dataset.title)
        for old in rules
        if old not in dataset.classes
    ]
    problems += [
        Message('the mapping leads to "{name}", which is not among the wanted classes', name=new)
        for new in dict.fromkeys([*rules.values(), *([rest] if rest else [])])
        if new not in ids and new != "ignore"
    ]
    table = np.full(256, IGNORE, np.uint8)
    unmatched = []
    for old_id, old in enumerate(dataset.classes):
        new = rules.get(old, old if old in ids else rest)
        if new is None:
            unmatched.append(old)
        else:
            table[old_id] = ids.get(new, IGNORE)  # "ignore" has no id; nor has an unknown name, reported below
    if unmatched:
        problems.append(
            Message(
                '{title} has classes that are not wanted: {classes} (map each, as in "{example}=ignore", or all of '
                'them with "*=ignore")',
                title=dataset.title,
                classes=unmatched,
                example=unmatched[0],
            )
        )
    if problems:
        raise BadClasses(
            "The classes do not fit. Wanted: {wanted}. But {problems}.", wanted=wanted, problems=joined(problems, "; ")
        )
    if wanted == dataset.classes and not rules:
        return dataset
    facts = _facts(dataset)
    known = dict(zip(dataset.classes, dataset.colours, strict=True))
    same_names = all(name in known for name in wanted)
    facts["classes"] = wanted
    facts["colours"] = tuple(known[name] for name in wanted) if same_names else default_colours(wanted)
    every = np.arange(len(dataset), dtype=np.int64)
    entries = np.stack([np.zeros_like(every), every], axis=1)
    return View(**facts, sources=(dataset,), entries=entries, table=table)


def _facts(dataset: SegDataset) -> dict[str, Any]:
    """The attributes of the protocol, to hand on."""
    return {
        "name": dataset.name,
        "title": dataset.title,
        "classes": dataset.classes,
        "colours": dataset.colours,
        "in_channels": dataset.in_channels,
        "licence": dataset.licence,
        "shippable": dataset.shippable,
    }
