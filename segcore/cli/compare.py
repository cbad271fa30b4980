"""``compare``: two reports on the same images, with confidence intervals of the difference."""
# ruff: noqa: PLC0415 - numpy is imported when the command runs, so that --help is fast

import argparse
import math
from pathlib import Path

from segcore.cli.output import DONE, number, print_json, print_table

_SHOWN = 5
"""Number of images listed at each end."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``compare``."""
    parser.description = (
        "Compare two checkpoints that were evaluated on the same images: difference per class, images won and lost, "
        "and the confidence interval of the difference over bootstrap samples of the images."
    )
    parser.add_argument("one", type=Path, metavar="ONE.json", help="output of `evaluate --json` for the first")
    parser.add_argument("other", type=Path, metavar="OTHER.json", help="the same for the second")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the bootstrap (default: 0)")
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
            "\nThe two were evaluated on different pixels: one of them does not know a class of the data. Map it to "
            "ignore for both to make them comparable."
        )
    return DONE


def _signed(value: float) -> str:
    return number(value) if math.isnan(value) else f"{value:+.3f}"
