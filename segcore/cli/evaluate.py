"""``evaluate``: measure a checkpoint on data with masks."""
# ruff: noqa: PLC0415 - torch is imported when the command runs, so that --help answers at once

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.cli.checkpoints import add_checkpoint_options, make_predictor
from segcore.cli.output import DONE, number, print_table, progress_line
from segcore.errors import BadConfig

if TYPE_CHECKING:
    from segcore.evaluation import Report


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be typed after ``evaluate``."""
    parser.description = (
        "Measure a checkpoint on data with masks: every photo at its own size, classes matched by name. Pixels of "
        "classes that the checkpoint does not know are left out; --map says otherwise."
    )
    add_checkpoint_options(parser)
    parser.add_argument("--data", required=True, metavar="DIR|NAME", help="a dataset's folder or registered name")
    parser.add_argument("--split", metavar="NAME", help="a part of the data, such as val (default: all of it)")
    parser.add_argument(
        "--map",
        default="",
        metavar="A=B,…",
        help="class of the data = class of the checkpoint, or = ignore; *=… is every class not named otherwise",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only N images, evenly spread (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the whole report to this file")
    parser.set_defaults(command=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from segcore.data import open_dataset, parse_class_map
    from segcore.evaluation import evaluate_checkpoint

    if arguments.json is not None:
        _check_place(arguments.json)
    mapping = parse_class_map(arguments.map)
    dataset = open_dataset(arguments.data, arguments.split)
    predictor = make_predictor(arguments)
    with progress_line("images") as progress:
        report = evaluate_checkpoint(
            predictor, dataset, mapping=mapping, split=arguments.split, progress=progress, limit=arguments.limit
        )
    _print_report(report)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report.to_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return DONE


def _check_place(file: Path) -> None:
    """Told now, not after an hour of measuring."""
    if file.is_dir():
        raise BadConfig(f"--json {file} is a folder; expected the name of a file, such as {file / 'report.json'}.")
    if not file.parent.is_dir():
        raise BadConfig(f"--json {file}: there is no folder {file.parent}. Make it first.")


def _print_report(report: "Report") -> None:
    scores = report.scores
    split = f", split {report.split}" if report.split else ""
    print(f"{report.checkpoint} on {report.data}{split}: {report.images} images\n")
    ratios = zip(scores.iou, scores.dice, scores.precision, scores.recall, strict=True)
    shares = [support / max(scores.pixels, 1) for support in scores.support]
    print_table(
        ("CLASS", "IOU", "DICE", "PRECISION", "RECALL", "SHARE OF TRUE PIXELS"),
        [
            (name, *map(number, values), f"{share:.1%}")
            for name, values, share in zip(scores.classes, ratios, shares, strict=True)
        ],
    )
    print(
        f"\nmIoU {number(scores.miou)}   mean Dice {number(scores.mean_dice)}   "
        f"pixel accuracy {number(scores.pixel_accuracy)}   mean accuracy {number(scores.mean_accuracy)}   "
        f"frequency-weighted IoU {number(scores.frequency_weighted_iou)}\n\n"
        f"{report.convention}\n{report.speed.images_per_second:.1f} images/s"
    )
