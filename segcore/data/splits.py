"""The names of splits: train, val and test, by any of their usual names, and which images a training uses.

``Training``, ``trainset`` and ``train2017`` mean train; ``valid``, ``dev`` and ``Val`` mean val; ``testing``, ``eval``
and ``holdout`` mean test. A test split is never trained on, nor validated on while training. A name without a meaning
here, such as ``trainval`` or ``site-A``, stands for itself.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from segcore.errors import BadDataset, Message

Place = TypeVar("Place")

TRAIN, VAL, TEST = "train", "val", "test"
SPLITS = (TRAIN, VAL, TEST)

REPEATING_SPLITS = ("trainval", "train_aug", "train_noval")
"""Splits that repeat images of others on purpose."""

_SYNONYMS = {
    TRAIN: ("train", "training", "trains", "trn"),
    VAL: ("val", "valid", "validation", "validate", "dev", "development"),
    TEST: ("test", "testing", "tests", "eval", "evaluation", "holdout", "heldout"),
}
_DECORATION = re.compile(r"^(?:stage1)|(?:set|data|split|images|imgs|20\d\d)$")
"""What may stand before or after the name of a split: trainset, train_data, val2017, stage1_train."""
_MEANING = {word: split for split, words in _SYNONYMS.items() for word in words}


def split_meant(name: str) -> str | None:
    """The split that a name of a folder, a list or a request means; None where it means none."""
    letters = re.sub(r"[\W_]+", "", name.strip().lower())
    while letters not in _MEANING:
        letters, before = _DECORATION.sub("", letters), letters
        if letters == before:
            return None
    return _MEANING[letters]


def canonical(name: str) -> str:
    """A split as it is called here: the one that is meant, or the name itself."""
    letters = re.sub(r"[\W_]+", "", name.lower())
    repeating = next((split for split in REPEATING_SPLITS if split.replace("_", "") == letters), None)
    return repeating or split_meant(name) or name


def by_split(places: Mapping[str, Place]) -> dict[str, Place]:
    """Places by the names of their folders or lists → by split: train, val and test first, then others by name.

    Raises:
        BadDataset: two names mean the same split.
    """
    found: dict[str, str] = {}
    for name in places:
        other = found.setdefault(canonical(name), name)
        if other != name:
            raise BadDataset(
                '"{one}" and "{other}" both mean the split {split}. Keep one of them, or give one another name.',
                one=other,
                other=name,
                split=canonical(name),
            )
    ordered = [split for split in SPLITS if split in found] + sorted(found.keys() - set(SPLITS))
    return {split: places[found[split]] for split in ordered}


def named_splits(places: Iterable[str]) -> tuple[str, ...]:
    """The splits among ``places``; "" is a dataset without splits."""
    return tuple(split for split in places if split)


def distinct_splits(splits: Iterable[str]) -> tuple[str, ...]:
    """The splits without those that only repeat images of others: trainval, where train and val are there, too.

    Of a dataset with ``trainval`` and ``test`` both stay.
    """
    known = tuple(splits)
    repeats = REPEATING_SPLITS if {TRAIN, VAL} <= set(known) else ()
    return tuple(split for split in known if split not in repeats)


def choose_splits(root: object, split: str | None, there: Collection[str]) -> list[str]:
    """The splits to open, of those that are ``there``: the requested one; by default all but the test split.

    A request may use any name of the split. "" is a dataset without splits.

    Raises:
        BadDataset: there is no such split; the text names ``root``.
    """
    if not split:
        return [name for name in there if name != TEST] or list(there)
    if split in there:
        return [split]
    if canonical(split) in there:
        return [canonical(split)]
    raise BadDataset(
        '{title} has no split "{split}"; it has {known}. Choose of these.',
        title=root,
        split=split,
        known=named_splits(there) or Message("none"),
    )
