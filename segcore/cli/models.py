"""``models``: the architectures and the checkpoints."""
# ruff: noqa: PLC0415 - torch is imported when the command runs, so that --help answers at once

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from segcore.cli.output import DONE, notify, print_json, print_table
from segcore.formatting import millions

if TYPE_CHECKING:
    from segcore.checkpoint import Score

_COUNTED_CLASSES = 21
"""Number of classes for parameter counts, as in Pascal VOC."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``models``."""
    parser.description = "Architectures that can be trained, their encoders, and checkpoints that can be used."
    parser.add_argument("name", nargs="?", metavar="NAME", help="show one architecture with its options")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_show)


def _show(arguments: argparse.Namespace) -> int:
    show = _show_all if arguments.name is None else _show_one
    return show(arguments)


def _show_all(arguments: argparse.Namespace) -> int:
    from segcore.checkpoint import broken_checkpoints, list_checkpoints, published_checkpoints
    from segcore.models import CLASSIFIERS, ENCODERS, MODELS

    ours, published = list_checkpoints(task=None), published_checkpoints()
    if arguments.json:
        checkpoints = [{**card.model_dump(mode="json"), "name": ref.name, "path": str(ref.path)} for ref, card in ours]
        checkpoints += [
            {**each.card.model_dump(mode="json"), "path": str(each.path) if each.fetched else None}
            for each in published
        ]
        encoders = [{"name": card.name, "title": card.title, "year": card.year} for card in ENCODERS.values()]
        print_json(
            {
                "models": [_facts(name) for name in MODELS],
                "classifiers": [_facts(name) for name in CLASSIFIERS],
                "encoders": encoders,
                "checkpoints": checkpoints,
            }
        )
        return DONE
    print("Architectures; `models NAME` shows the idea and the options\n")
    cards = MODELS | CLASSIFIERS
    models = [(name, card.title, card.year, millions(_parameters(name))) for name, card in cards.items()]
    print_table(("NAME", "TITLE", "YEAR", "PARAMETERS"), models)
    print(f"\nParameters are those of the default options with {_COUNTED_CLASSES} classes.\n\nEncoders\n")
    print_table(("NAME", "TITLE", "YEAR"), [(name, card.title, card.year) for name, card in ENCODERS.items()])
    print("\nCheckpoints\n")
    rows = [(ref.name, card.title, _primary_metric(card.scores), f"{ref.size / 1e6:.0f} MB") for ref, card in ours]
    for each in published:
        size = f"{each.size_mb:.0f} MB{'' if each.fetched else ', downloaded at first use'}"
        rows.append((each.card.name, each.card.title, _primary_metric(each.card.scores), size))
    print_table(("NAME", "TITLE", "SCORE", "SIZE"), rows)
    for _path, sentence in broken_checkpoints():
        notify(sentence)
    return DONE


def _show_one(arguments: argparse.Namespace) -> int:
    from segcore.models import CLASSIFIERS, MODELS, model_options

    name = arguments.name
    options = model_options(name)  # raises for an unknown name
    if arguments.json:
        print_json(_facts(name))
        return DONE
    card = (MODELS | CLASSIFIERS)[name]
    print(f"{card.title} ({card.year})\n{card.summary}\n{card.paper}\n")
    print(f"{millions(_parameters(name))} parameters with the default options and {_COUNTED_CLASSES} classes.")
    print(f"Images of at least {card.min_size} × {card.min_size} pixels.\n")
    print_table(("OPTION", "DEFAULT"), options.items())
    task = "" if card.task == "semantic" else f" --task {card.task}"
    data = "DIR" if card.task == "semantic" else "cifar10"
    print(f"\npython -m segcore train{task} --model {name} --options OPTION=VALUE … --data {data}")
    return DONE


def _facts(name: str) -> dict[str, Any]:
    from segcore.models import CLASSIFIERS, MODELS, model_options

    card = (MODELS | CLASSIFIERS)[name]
    facts = {key: getattr(card, key) for key in ("name", "title", "year", "task", "min_size", "paper", "summary")}
    return {**facts, "parameters": _parameters(name), "options": model_options(name)}


def _parameters(name: str) -> int:
    """Return the parameter count of the default build; on the meta device nothing is allocated."""
    import torch

    from segcore.models import build_model

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build_model(name, num_classes=_COUNTED_CLASSES).parameters())


def _primary_metric(scores: "Iterable[Score]") -> str:
    """Return the mIoU or accuracy on a checkpoint's card, with its data."""
    found = (score for score in scores if score.metric in ("mIoU", "accuracy"))
    return next((f"{score.metric} {score.value:.3f} on {score.data}" for score in found), "")
