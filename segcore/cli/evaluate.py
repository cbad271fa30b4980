"""``evaluate``: evaluate a checkpoint or a method on data with masks."""
# ruff: noqa: PLC0415 - torch is imported when the command runs, so that --help answers at once

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcore import text
from segcore.cli.checkpoint_options import add_checkpoint_options, make_predictor, parse_method
from segcore.cli.output import DONE, check_writable, number, print_table, progress_line
from segcore.cli.train import add_accept, print_warnings
from segcore.durable import write_whole
from segcore.errors import BadConfig

if TYPE_CHECKING:
    from segcore.checkpoint import CheckpointRef
    from segcore.data import SegDataset
    from segcore.evaluation import EvaluationReport


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``evaluate``."""
    parser.description = (
        "Evaluate a checkpoint on data with masks: every photo at its own size, classes matched by name. Pixels of "
        "classes that the checkpoint does not have are left out, unless --map assigns them."
    )
    add_checkpoint_options(parser, or_method=True)
    parser.add_argument(
        "--assign",
        choices=("rule", "oracle"),
        help="with --method, how regions get classes: rule (an object and its background) or oracle (each region the "
        "class that most of its pixels truly have: an upper bound, not a prediction)",
    )
    add_data_options(parser)
    parser.add_argument("--limit", type=int, metavar="N", help="only N images, evenly spread (default: all)")
    parser.add_argument(
        "--conventions", action="store_true", help="also score the predictions under the conventions of other programs"
    )
    parser.add_argument("--boundary", action="store_true", help="also measure boundaries: boundary F and Boundary IoU")
    parser.add_argument(
        "--one-to-one", action="store_true", help="with --boundary: match each boundary pixel only once; slower"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the whole report to this file")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write a report as one HTML file with images")
    parser.add_argument(
        "--lang", choices=text.languages(), default=text.DEFAULT, help="language of that report (default: %(default)s)"
    )
    parser.set_defaults(command=_evaluate)


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add --data, --split, --val-of, --map, --accept: the data of an evaluation."""
    parser.add_argument("--data", metavar="DIR|NAME", help="a dataset's folder or registered name")
    parser.add_argument("--split", metavar="NAME", help="a part of the data, such as val (default: all but test)")
    parser.add_argument(
        "--val-of",
        type=Path,
        metavar="FILE",
        help="instead of --data: the validation images of a training configuration, such as a spec.json",
    )
    parser.add_argument(
        "--map",
        default="",
        metavar="A=B,…",
        help="class of the data = class of the checkpoint, or = ignore; *=… is every class not named otherwise",
    )
    add_accept(parser)


def open_evaluation_data(arguments: argparse.Namespace) -> tuple["SegDataset", str | None]:
    """Return the data of --data and --split, or of --val-of, and the name of its split; prints warnings about it.

    Raises:
        SegcoreError: it cannot be opened, a sample of it has errors, or both or none are given.
    """
    from segcore.data import open_dataset
    from segcore.data.precheck import require_sound
    from segcore.data.splits import canonical

    if (arguments.data is None) == (arguments.val_of is None):
        raise BadConfig("Say on which images: either --data DIR or --val-of CONFIG.json, and not both.")
    if arguments.val_of is None:
        split = canonical(arguments.split) if arguments.split else None
        dataset = open_dataset(arguments.data, arguments.split)
        print_warnings(require_sound(arguments.data, None if split is None else (split,), arguments.accept))
        return dataset, split
    if arguments.split is not None:
        raise BadConfig("--split is for --data; --val-of means the validation images already.")
    from segcore.cli.settings import read_settings
    from segcore.train import make_config
    from segcore.train.checks.validation import require_sound_data
    from segcore.train.training_data import open_data

    config = make_config(read_settings(arguments.val_of))
    dataset = open_data(config).val
    print_warnings(require_sound_data(config, arguments.accept, validation_only=True))
    return dataset, "val"


def _evaluate(arguments: argparse.Namespace) -> int:
    from segcore.data import parse_class_map
    from segcore.evaluation import EvaluationOptions, SavedPredictions
    from segcore.export.evaluation_report import Evaluated, evaluation_html

    check_writable(arguments.json, "--json")
    check_writable(arguments.report, "--report")
    mapping = parse_class_map(arguments.map)
    dataset, split = open_evaluation_data(arguments)
    with tempfile.TemporaryDirectory() as folder:
        options = EvaluationOptions(
            outlines=arguments.boundary,
            one_to_one=arguments.one_to_one,
            keep=None if arguments.report is None else Path(folder),
        )
        facts = {"mapping": mapping, "split": split, "source": arguments.data or "", "limit": arguments.limit}
        report, reference = _measure(arguments, dataset, {**facts, "options": options})
        _print_report(report, conventions=arguments.conventions)  # before the files, of which one may fail
        if arguments.json is not None:
            report.save(arguments.json)
        if arguments.report is not None:
            evaluated = Evaluated.of(report, dataset, SavedPredictions(Path(folder)), reference)
            write_whole(arguments.report, evaluation_html(evaluated, language=arguments.lang))
    return DONE


def _measure(
    arguments: argparse.Namespace, dataset: "SegDataset", facts: dict[str, Any]
) -> tuple["EvaluationReport", "CheckpointRef | None"]:
    """The report on a checkpoint, with its file, or on a method."""
    from segcore.checkpoint import file_sha256, find_checkpoint
    from segcore.evaluation import evaluate_checkpoint, evaluate_method

    if arguments.method is not None:
        name, settings = parse_method(arguments.method)
        facts |= {"parameters": settings, "assign": arguments.assign}
        with progress_line("images") as progress:
            return evaluate_method(name, dataset, progress=progress, **facts), None
    if arguments.assign is not None:
        raise BadConfig("--assign is for --method; a checkpoint has classes of its own. Leave it out.")
    predictor = make_predictor(arguments)
    reference = find_checkpoint(arguments.checkpoint)
    facts["sha256"] = file_sha256(reference)
    with progress_line("images") as progress:
        return evaluate_checkpoint(predictor, dataset, progress=progress, **facts), reference


def _print_report(report: "EvaluationReport", *, conventions: bool) -> None:
    scores = report.scores
    split = f", split {report.split}" if report.split else ""
    print(f"{report.checkpoint} on {report.data}{split}: {report.images} images\n")
    ratios = [map(number, ratio) for ratio in (scores.iou, scores.dice, scores.precision, scores.recall)]
    shares = [f"{support / max(scores.pixels, 1):.1%}" for support in scores.support]
    rows = zip(scores.classes, *ratios, shares, strict=True)
    print_table(("CLASS", "IOU", "DICE", "PRECISION", "RECALL", "SHARE OF PIXELS"), rows)
    reached = f"in {report.intervals.level:.0%} of {report.intervals.draws} draws of the images"
    means = (
        (scores.miou, report.intervals.miou, "over the classes in the ground truth or the prediction"),
        (scores.miou_of_present, report.intervals.miou_of_present, "over the classes in the ground truth"),
    )
    print()
    for value, interval, over in means:
        print(f"mIoU {number(value)} ({number(interval.low)} … {number(interval.high)} {reached}), {over}")
    print(
        "\n".join(report.mean_reasons) + "\n"
        f"mean Dice {number(scores.mean_dice)}   "
        f"pixel accuracy {number(scores.pixel_accuracy)}   mean accuracy {number(scores.mean_accuracy)}   "
        f"frequency-weighted IoU {number(scores.frequency_weighted_iou)}   "
        f"calibration error {number(report.reliability.ece)}"
    )
    if report.overlap_sentence is not None:
        print(report.overlap_sentence)
    if report.outlines is not None:
        matching = "one to one" if report.outlines.one_to_one else "within the tolerance"
        print(
            f"boundary F {number(report.outlines.scores.mean_f)} ({report.outlines.tolerance} of the diagonal, "
            f"{matching})   Boundary IoU {number(report.outlines.scores.mean_iou)} ({report.outlines.band} of the "
            "diagonal)"
        )
    found = [f"{row.size} {number(row.recall)} ({row.objects})" for row in report.sizes.all if row.objects]
    if found:
        print(f"recall of objects by size (number): {'   '.join(found)}")
    print(f"\n{report.convention}\n{report.speed.images_per_second:.1f} images/s, {report.speed.engine}")
    if conventions:
        print("\nThe same predictions under the conventions of")
        print_table(
            ("", "MIOU", "WHY IT DIFFERS"),
            [(row.title, number(row.value, 4), row.why or row.rule) for row in report.conventions],
        )
