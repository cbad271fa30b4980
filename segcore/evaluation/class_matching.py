"""The classes of a dataset and the classes of a checkpoint are matched by name, never by number.

Where their names differ a mapping translates, ``{"car": "vehicle", "person": "ignore"}``; on the command line
``car=vehicle,person=ignore``. Each class of the dataset becomes, in this order:

1. the mapping's entry for its name: a class of the checkpoint, or "ignore";
2. the class of the same name in the checkpoint;
3. the mapping's entry for "*", every class not named otherwise;
4. ignored: a score must not count a class against a network that was never trained on it.

The reverse case is a class of the checkpoint that the data never labels. Photos labelled only "background / person" may
well show a cat, and a network that finds it is counted wrong. ``cat=ignore`` then leaves out every pixel *predicted* as
cat. That also excuses real mistakes, so it has to be requested.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segcore.errors import BadConfig, Message, joined
from segcore.types import IGNORE, LabelMap

ANY = "*"
"""Key of a mapping: every class of the dataset that is not named otherwise."""

LEFT_OUT = "ignore"
"""Value of a mapping: leave these pixels out."""

_NO_CLASS = 254
"""In the table: an id that the dataset does not have."""


@dataclass(frozen=True)
class ClassMatch:
    """The translation of a dataset's labels to a checkpoint's."""

    classes: tuple[str, ...]  # the checkpoint's names, in the order of the new ids
    table: NDArray[np.uint8]  # (256,) uint8, id in the dataset → id in the checkpoint or IGNORE
    ignored_classes: tuple[str, ...]  # classes of the dataset whose pixels are left out
    excused_classes: tuple[str, ...]  # classes of the checkpoint; pixels predicted as one of them are left out

    def translate(self, truth: LabelMap) -> LabelMap:
        """Return the dataset's own labels (H, W) in the checkpoint's ids, IGNORE where a pixel does not count.

        Raises:
            ValueError: it contains an id that the dataset does not have.
        """
        translated = self.table[truth]
        if (translated == _NO_CLASS).any():
            most = truth[translated == _NO_CLASS].max()
            raise ValueError(Message("ids up to {value}, more than the dataset has classes.", value=most))
        return translated

    def excuse(self, labels: LabelMap, truth: LabelMap) -> LabelMap:
        """Return the ground truth (H, W) with IGNORE at the pixels that were predicted as an excused class."""
        if not self.excused_classes:
            return truth
        excused = [self.classes.index(name) for name in self.excused_classes]
        return np.where(np.isin(labels, excused), np.uint8(IGNORE), truth)


def match_classes(
    data_classes: Sequence[str], checkpoint_classes: Sequence[str], mapping: Mapping[str, str] | None = None
) -> ClassMatch:
    """Match the classes, named in the order of their ids, by the rules at the top of this file.

    Raises:
        BadConfig: unknown names in the mapping (all of them), or no class in common.
    """
    rules = dict(mapping or {})
    _check(rules, data_classes, checkpoint_classes)
    ids = {name: index for index, name in enumerate(checkpoint_classes)}
    table = np.full(256, _NO_CLASS, np.uint8)
    table[IGNORE] = IGNORE
    ignored = []
    for old_id, name in enumerate(data_classes):
        new = rules.get(name, name if name in ids else rules.get(ANY, LEFT_OUT))
        if new == LEFT_OUT:
            ignored.append(name)
        table[old_id] = IGNORE if new == LEFT_OUT else ids[new]
    if len(ignored) == len(data_classes):
        raise BadConfig(
            "The data and the checkpoint share no class: the data labels {labels}; the checkpoint knows {known}. Say "
            'which is which, for example "{old}={new}".',
            labels=data_classes,
            known=checkpoint_classes,
            old=data_classes[0],
            new=checkpoint_classes[0],
        )
    return ClassMatch(
        classes=tuple(checkpoint_classes),
        table=table,
        ignored_classes=tuple(ignored),
        excused_classes=tuple(name for name in rules if name in ids and name not in data_classes),
    )


def _check(rules: Mapping[str, str], data_classes: Sequence[str], checkpoint_classes: Sequence[str]) -> None:
    """Raise one BadConfig for all unknown names."""
    problems = []
    for old, new in rules.items():
        if old not in (*data_classes, *checkpoint_classes, ANY):
            problems.append(Message('"{old}" is a class of neither', old=old))
        elif old not in (*data_classes, ANY) and new != LEFT_OUT:
            problems.append(
                Message(
                    '"{old}" is a class of the checkpoint only, so "{old}={left_out}" is all it can be',
                    old=old,
                    left_out=LEFT_OUT,
                )
            )
        if new not in (*checkpoint_classes, LEFT_OUT):
            problems.append(Message('"{old}={new}": the checkpoint has no "{new}"', old=old, new=new))
    if problems:
        raise BadConfig(
            "The mapping of classes does not fit: {problems}. Classes of the data: {labels}. Classes of the "
            "checkpoint: {known}.",
            problems=joined(problems, "; "),
            labels=data_classes,
            known=checkpoint_classes,
        )
