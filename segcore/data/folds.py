"""Cross validation: divide a dataset into parts, each of which validates once while the others train.

Pictures that are not independent (tiles of one aerial photo, frames of one drive, slices of one patient) must stay
together, or a network is praised for what it has seen. Which belong together, their names tell: a regular expression
picks the part of the name that they share.
"""

import re
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from segcore.data.base import InMemory, SegDataset, View, subset
from segcore.errors import BadConfig, BadDataset, Message


def sample_names(dataset: SegDataset) -> list[str]:
    """The names of all samples, without reading images where the dataset knows them."""
    if isinstance(dataset, View):
        of_sources = [sample_names(source) for source in dataset.sources]
        return [of_sources[source][index] for source, index in dataset.entries.tolist()]
    if isinstance(dataset, InMemory):
        return sample_names(dataset.source)
    known = getattr(dataset, "names", None)
    return [dataset[index].name for index in range(len(dataset))] if known is None else list(known)


def group_keys(dataset: SegDataset, pattern: str) -> list[str]:
    r"""What each sample shares with those of its group.

    Args:
        dataset: whose names are looked at.
        pattern: a regular expression that is found somewhere in every name. Its first group is the key, or all of what
            it matched where it has none: ``^(tile\d+)`` or ``patient-\d+``.

    Returns:
        One key a sample.

    Raises:
        BadConfig: it is no regular expression, or some names do not match.
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
    # A group that took no part in the match gives None; then what matched names the group.
    return [(match.group(1) or match.group(0)) if match.re.groups else match.group(0) for match in found if match]


def fold_dataset(
    dataset: SegDataset, folds: int, fold: int, seed: int, groups: Sequence[Hashable] | None = None
) -> tuple[SegDataset, SegDataset]:
    """One turn of a cross validation.

    Groups are put, in an order drawn from the seed but the largest first, each into the fold that has the fewest
    samples so far. Without groups that makes folds whose sizes differ by one at most.

    Args:
        dataset: to be divided.
        folds: into how many parts, at least 2.
        fold: which of them validates, 0 … folds - 1.
        seed: the same seed gives the same parts.
        groups: one key per sample; samples with equal keys stay together.

    Returns:
        (train, val), both in the dataset's order. Over all folds every sample is in val exactly once.

    Raises:
        BadDataset: fewer samples, or groups, than folds.
    """
    if not 0 <= fold < folds or folds < 2:
        raise ValueError(f"fold {fold} of {folds}: expected at least 2 folds, counted from 0")
    keys: Sequence[Hashable] = range(len(dataset)) if groups is None else groups
    if len(keys) != len(dataset):
        raise ValueError(f"groups has {len(keys)} keys for {len(dataset)} samples")
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
    drawn.sort(key=lambda key: -sizes[key])  # stable: groups of one size stay as they were drawn
    fold_of: dict[Hashable, int] = {}
    filled = [0] * folds
    for key in drawn:
        fold_of[key] = filled.index(min(filled))
        filled[fold_of[key]] += sizes[key]
    train = [index for index, key in enumerate(keys) if fold_of[key] != fold]
    val = [index for index, key in enumerate(keys) if fold_of[key] == fold]
    return subset(dataset, train), subset(dataset, val)
