"""One list of classes for datasets that name theirs differently."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from segcore.data.base import MAX_CLASSES, SegDataset
from segcore.data.views import subset
from segcore.errors import BadClasses, BadConfig, Message, joined
from segcore.palette import default_colours
from segcore.types import IGNORE

_OTHERS, _IGNORED = "*", "ignore"


def parse_class_map(text: str) -> dict[str, str]:
    """``"person=ignore,car=vehicle"`` as a mapping from a class of the dataset to the wanted class.

    Raises:
        BadConfig: an entry that is not ``name=name``, or a name that is mapped twice.
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
    """The same samples, labelled with another list of classes, in the order of the new ids; matched by name.

    A class of the dataset becomes the first of: its entry in ``mapping`` (old name → new name); the wanted class of the
    same name; the entry of ``"*"``. Pixels mapped to ``"ignore"`` become IGNORE. Wanted classes that the dataset does
    not have are allowed; they do not occur.

    Raises:
        BadClasses: classes of the dataset that are not mapped, or names in the mapping that do not exist; all listed.
    """
    wanted = tuple(classes)
    ids = {name: index for index, name in enumerate(wanted)}
    if len(ids) != len(wanted) or not wanted or len(wanted) > MAX_CLASSES:
        raise BadClasses(
            "Expected 1 … {most} different class names, got: {wanted}.",
            most=MAX_CLASSES,
            wanted=wanted or Message("none"),
        )
    new_names = _new_names(dataset, wanted, dict(mapping or {}))
    if wanted == dataset.classes == new_names:
        return dataset
    table = np.full(256, IGNORE, np.uint8)
    table[: len(new_names)] = [ids.get(name, IGNORE) for name in new_names]
    known = dict(zip(dataset.classes, dataset.colours, strict=True))
    same_names = all(name in known for name in wanted)
    colours = tuple(known[name] for name in wanted) if same_names else default_colours(wanted)
    return replace(subset(dataset, range(len(dataset))), classes=wanted, colours=colours, table=table)


def _new_names(dataset: SegDataset, wanted: tuple[str, ...], rules: dict[str, str]) -> tuple[str, ...]:
    """The wanted class, or "ignore", of every class of the dataset."""
    others = rules.pop(_OTHERS, None)
    new_names = [rules.get(old, old if old in wanted else others) for old in dataset.classes]
    problems = [
        Message('the mapping names "{name}", which {title} does not have', name=old, title=dataset.title)
        for old in rules
        if old not in dataset.classes
    ]
    problems += [
        Message('the mapping leads to "{name}", which is not among the wanted classes', name=new)
        for new in dict.fromkeys([*rules.values(), *([others] if others else [])])
        if new not in (*wanted, _IGNORED)
    ]
    unmatched = [old for old, new in zip(dataset.classes, new_names, strict=True) if new is None]
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
    return tuple(name for name in new_names if name is not None)
