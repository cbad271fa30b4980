"""``compare``: two reports on the same images, and how sure the difference is."""
# ruff: noqa: PLC0415 - numbers are imported when the command runs, so that --help answers at once

import argparse
import math
from pathlib import Path

from segcore.cli.output import DONE, number, print_json, print_table

_SHOWN = 5
"""Images a side."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be typed after ``compare``."""
    parser.description = (
        "Compare two checkpoints that were evaluated on the same images: difference of each class, images won and "
        "lost, and the interval of the difference over draws of the images."
    )
    parser.add_argument("one", type=Path, metavar="ONE.json", help="what `evaluate --json` wrote for the first")
    parser.add_argument("other", type=Path, metavar="OTHER.json", help="the same for the second")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the draws (default: 0)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.set_defaults(command=_compare)


def _compare(arguments: argparse.Namespace) -> int:
    from segcore.evaluation import compare, read_report

    result = compare(read_report(arguments.one), read_report(arguments.other), seed=arguments.seed)
    if arguments.json:
        print_json(result.to_dict())
        return DONE
    split = f", split {result.split}" if result.split else ""
    print(f"{result.one} minus {result.other} on {result.data}{split}\n")
    difference = result.difference
    print_table(
        ("CLASS", "IOU", "95 % OF THE DRAWS"),
        [
            (name, _signed(value), f"{_signed(interval.low)} … {_signed(interval.high)}")
            for name, value, interval in zip(result.classes, difference.iou, difference.iou_intervals, strict=True)
        ],
    )
    print(
        f"\nmIoU {_signed(difference.miou)} ({_signed(difference.interval.low)} … "
        f"{_signed(difference.interval.high)}); {result.one} is better in {difference.share_above:.1%} of the draws\n"
        f"images: {result.won} won, {result.lost} lost, {result.tied} tied\n"
    )
    ends = [*result.images[:_SHOWN], *result.images[max(_SHOWN, len(result.images) - _SHOWN) :]]
    print_table(
        ("IMAGE", result.one[:24], result.other[:24], "DIFFERENCE"),
        [(image.name, number(image.one), number(image.other), _signed(image.difference)) for image in ends],
    )
    if not result.same_pixels:
        print(
            "\nThe two were not asked for the same pixels: a class of the data is unknown to one of them. Map it to "
            "ignore for both to compare like with like."
        )
    return DONE


def _signed(value: float) -> str:
    return number(value) if math.isnan(value) else f"{value:+.3f}"
