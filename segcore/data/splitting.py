"""Training and validation sets: a random split, or the folds of a cross-validation.

Images that are not independent (tiles of one aerial photo, frames of one drive, slices of one patient) must stay on one
side, or the validation score is too good. A regular expression takes the group of a sample from its name.
"""

import re
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from segcore.data.base import SegDataset
from segcore.data.views import View, subset
from segcore.errors import BadConfig, BadDataset, Message


def sample_names(dataset: SegDataset) -> list[str]:
    """The names of all samples. Images are read only where the dataset has no attribute ``names``."""
    if isinstance(dataset, View):
        of_sources = [sample_names(source) for source in dataset.sources]
        return [of_sources[source][index] for source, index in dataset.entries.tolist()]
    known = getattr(dataset, "names", None)
    return [dataset[index].name for index in range(len(dataset))] if known is None else list(known)


def group_keys(dataset: SegDataset, pattern: str) -> list[str]:
    r"""The group of every sample by its name.

    ``pattern`` is a regular expression that matches somewhere in every name. The key is its first group, or the whole
    match where it has no group: ``^(tile\d+)`` or ``patient-\d+``.

    Raises:
        BadConfig: the pattern is no regular expression, or some names do not match.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadConfig(
            'group_by is "{pattern}", which is no regular expression: {error}. Try "^([^-_]+)".',
            pattern=pattern,
            error=error,
        ) from None
    names = sample_names(dataset)
    found = [expression.search(name) for name in names]
    strangers = [name for name, match in zip(names, found, strict=True) if match is None]
    if strangers:
        raise BadConfig(
            'group_by is "{pattern}", which {strangers} of {count} names of {title} do not match, such as '
            "{examples}. Every image needs a group.",
            pattern=pattern,
            strangers=len(strangers),
            count=len(names),
            title=dataset.title,
            examples=strangers[:3],
        )
    # An optional group that did not take part in the match is None; the key is then the whole match.
    return [(match.group(1) or match.group(0)) if match.re.groups else match.group(0) for match in found if match]


def split_dataset(
    dataset: SegDataset, val_share: float, seed: int, groups: Sequence[Hashable] | None = None
) -> tuple[SegDataset, SegDataset]:
    """Split a dataset at random into (train, val): none is empty, both keep the dataset's order.

    ``val_share``, between 0 and 1, is that of the samples; with ``groups``, one key per sample, it is that of the
    groups, and samples with equal keys stay together. The same seed gives the same split.

    Raises:
        BadConfig: the share is not between 0 and 1.
        BadDataset: fewer than two samples (or groups).
    """
    if not 0.0 < val_share < 1.0:
        raise BadConfig("val_share is {val_share}; it must lie between 0 and 1, for example 0.2.", val_share=val_share)
    keys = _keys(dataset, groups)
    distinct = list(dict.fromkeys(keys))
    if len(distinct) < 2:
        raise BadDataset(
            "{title} has {count} independent sample(s), which cannot be divided into a part to train on and one to "
            "validate on. Add images, or name a validation set of its own.",
            title=dataset.title,
            count=len(distinct),
        )
    val_count = min(max(round(val_share * len(distinct)), 1), len(distinct) - 1)
    order = np.random.default_rng(seed).permutation(len(distinct))
    return _partition(dataset, keys, {distinct[position] for position in order[:val_count]})


def fold_dataset(
    dataset: SegDataset, folds: int, fold: int, seed: int, groups: Sequence[Hashable] | None = None
) -> tuple[SegDataset, SegDataset]:
    """One fold of a cross-validation: (train, val), both in the dataset's order; arguments as for `split_dataset`.

    Groups in random order, sorted by size, are put one by one into the fold that has the fewest samples so far. Over
    all ``folds`` (at least 2; ``fold`` counts from 0) every sample is in val exactly once.

    Raises:
        BadDataset: fewer samples, or groups, than folds.
    """
    if not 0 <= fold < folds or folds < 2:
        raise ValueError(f"fold {fold} of {folds}: expected at least 2 folds, counted from 0")
    keys = _keys(dataset, groups)
    sizes = Counter(keys)
    if len(sizes) < folds:
        what = Message("samples") if groups is None else Message("groups")
        raise BadDataset(
            "{title} has {count} {what}, too few for {folds} folds. Choose at most {most} folds.",
            title=dataset.title,
            count=len(sizes),
            what=what,
            folds=folds,
            most=len(sizes),
        )
    distinct = list(sizes)
    drawn = [distinct[position] for position in np.random.default_rng(seed).permutation(len(distinct))]
    drawn.sort(key=lambda key: -sizes[key])  # stable: groups of one size stay in random order
    fold_of: dict[Hashable, int] = {}
    filled = [0] * folds
    for key in drawn:
        fold_of[key] = filled.index(min(filled))
        filled[fold_of[key]] += sizes[key]
    return _partition(dataset, keys, {key for key in sizes if fold_of[key] == fold})


def _keys(dataset: SegDataset, groups: Sequence[Hashable] | None) -> Sequence[Hashable]:
    """The group of every sample; without ``groups`` every sample is a group of its own."""
    keys: Sequence[Hashable] = range(len(dataset)) if groups is None else groups
    if len(keys) != len(dataset):
        raise ValueError(f"groups has {len(keys)} keys for {len(dataset)} samples")
    return keys


def _partition(dataset: SegDataset, keys: Sequence[Hashable], val_keys: set[Hashable]) -> tuple[SegDataset, SegDataset]:
    """(train, val): the samples whose key is not in ``val_keys``, and those whose key is."""
    train = [index for index, key in enumerate(keys) if key not in val_keys]
    val = [index for index, key in enumerate(keys) if key in val_keys]
    return subset(dataset, train), subset(dataset, val)
