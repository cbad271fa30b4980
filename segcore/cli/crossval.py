"""``crossval``: the same training on k splits of the data, as queued runs, and the spread of their scores."""
# ruff: noqa: PLC0415 - the settings import torch, so they are imported only when the command runs

import argparse
from datetime import datetime

from segcore.cli.output import DONE, notify, number, print_json, print_result, print_table
from segcore.cli.train import add_accept, print_warnings
from segcore.errors import BadConfig


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``crossval``."""
    parser.usage = (
        "python -m segcore crossval --folds K [--group-by REGEX] [any other setting of train]\n"
        "       python -m segcore crossval --leave-group-out --group-by REGEX [any other setting of train]\n"
        "       python -m segcore crossval show NAME | list"
    )
    parser.description = (
        "Train K times, each time validated on another K-th of the data. The runs queue for their device; "
        "`crossval show NAME` prints the mean and spread of their scores."
    )
    parser.add_argument("words", nargs="*", metavar="show NAME | list", help="show cross validations")
    parser.add_argument("--name", metavar="NAME", help="prefix of the runs' names (default: derived from the time)")
    parser.add_argument(
        "--leave-group-out", action="store_true", help="one fold per group, validated on it; needs --group-by"
    )
    add_accept(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_crossval)


def _crossval(arguments: argparse.Namespace) -> int:
    match arguments.words:
        case []:
            return _start(arguments)
        case ["list"]:
            return _list(arguments)
        case ["show", name]:
            return _show(name, as_json=arguments.json)
    raise BadConfig(
        '"crossval {words}" is not understood; expected `crossval show NAME`, `crossval list`, or options such as '
        "--folds 5.",
        words=" ".join(arguments.words),
    )


def _start(arguments: argparse.Namespace) -> int:
    from segcore.cli.settings import typed_settings
    from segcore.train.cross_validation import fold_configs, start_folds

    configs = fold_configs(
        typed_settings(arguments),
        leave_group_out=arguments.leave_group_out,
        accept=arguments.accept,
        warn=print_warnings,
    )
    name = arguments.name or f"crossval-{datetime.now():%Y%m%d-%H%M%S}"
    runs = start_folds(configs, name)
    if arguments.json:
        print_json({"name": name, "runs": [{"name": run.name, "path": str(run.path)} for run in runs]})
    else:
        for run in runs:
            print(run.path)
        notify(f"{len(runs)} folds were started. `python -m segcore crossval show {name}` reports their progress.")
    return DONE


def _list(arguments: argparse.Namespace) -> int:
    from segcore.train.cross_validation import cross_validations

    names = cross_validations()
    none = "No cross validations yet. `python -m segcore crossval --folds 5` makes one."
    return print_result(names, "\n".join(names) or none, as_json=arguments.json)


def _show(name: str, *, as_json: bool) -> int:
    from segcore.train.cross_validation import read_cross_validation

    found = read_cross_validation(name)
    if as_json:
        print_json(found.to_dict())
        return DONE
    folds = [
        (fold.number, fold.run, fold.state, number(fold.miou), fold.epoch or "-", number(fold.last_miou))
        for fold in found.runs
    ]
    print_table(("FOLD", "RUN", "STATE", "BEST MIOU", "IN EPOCH", "LAST MIOU"), folds)
    print()
    rows = [("mIoU, best epochs", found.miou), ("mIoU, last epochs", found.last_miou), *found.iou.items()]
    print_table(
        ("", "MEAN", "± SPREAD", "FOLDS"),
        [(title, number(spread.mean), number(spread.deviation), spread.folds) for title, spread in rows],
    )
    left = "" if found.finished else " Not all folds have finished."
    print(
        "\nSpread: standard deviation over the folds, with n - 1. The best epoch of a fold was selected on the images "
        f"that it is scored on; the last one was not.{left}"
    )
    return DONE
