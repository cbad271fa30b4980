"""``data``: which datasets have a name, what is wrong with a folder, and a corrected copy of it."""
# ruff: noqa: PLC0415 - torch comes with the data part, and is imported when a command runs

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.cli.output import DONE, FAILED, print_json, print_table, progress_line

if TYPE_CHECKING:
    from segcore.data import Finding

_NAMED = 10
"""So many files of a finding are named; --json names them all."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be typed after ``data``."""
    parser.description = "Data to train and to measure on."
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="the datasets that have a name; --data takes these names and any folder")
    listing.set_defaults(command=_list)
    checking = verbs.add_parser("check", help="say what is wrong with a folder of images and masks")
    checking.description = (
        "Read every image and mask of a folder and say what is wrong. The exit code is 1 when there are errors; "
        "warnings and notes alone give 0."
    )
    checking.add_argument("folder", type=Path, metavar="DIR", help="a dataset's folder")
    checking.set_defaults(command=_check)
    repairing = verbs.add_parser("repair", help="write a corrected copy of a folder of images and masks")
    repairing.description = (
        "Write a copy in which what `check` finds is mended; the original is never changed. 255 becomes 1 in masks of "
        "0 and 255, colours become the nearest class, masks of another size are resized by nearest neighbour, turned "
        "ones are turned, broken pairs and surplus copies are left out."
    )
    repairing.add_argument("folder", type=Path, metavar="DIR", help="a dataset's folder")
    repairing.add_argument("--to", type=Path, required=True, metavar="NEW", help="the folder to write; not there yet")
    repairing.add_argument(
        "--fix",
        nargs="+",
        action="extend",
        metavar="KIND",
        help="mend these kinds only; else all errors, and duplicates",
    )
    repairing.add_argument(
        "--drop", action="store_true", help="leave out pairs that cannot be mended, rather than copy them as they are"
    )
    repairing.set_defaults(command=_repair)
    for verb in (listing, checking, repairing):
        verb.add_argument("--json", action="store_true", help="print JSON")


def _list(arguments: argparse.Namespace) -> int:
    from segcore.data import DATASETS

    if arguments.json:
        facts = [
            {"name": card.name, "title": card.title, "summary": card.summary, "splits": card.splits}
            for card in DATASETS.values()
        ]
        print_json(facts)
        return DONE
    print_table(
        ("NAME", "SPLITS", "WHAT"),
        [(card.name, " ".join(card.splits), card.summary) for card in DATASETS.values()],
    )
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    from segcore.data import check_dataset

    with progress_line("pairs") as show:
        findings = check_dataset(arguments.folder, _told(show))
    if arguments.json:
        print_json([asdict(finding) for finding in findings])
    elif not findings:
        print(f"{arguments.folder}: nothing is wrong.")
    else:
        print("\n\n".join(_paragraph(finding) for finding in findings))
    return FAILED if any(finding.severity == "error" for finding in findings) else DONE


def _paragraph(finding: "Finding") -> str:
    lines = [f"{finding.severity}: {finding.title} ({finding.count})"]
    if finding.detail:
        lines.append(f"  {finding.detail}")
    if finding.files:
        more = finding.count - _NAMED
        lines.append(f"  {', '.join(finding.files[:_NAMED])}{f' and {more} more' if more > 0 else ''}")
    return "\n".join([*lines, f"  {finding.why}", f"  → {finding.advice}"])


def _told(show: Callable[[int, int | None], None]) -> Callable[[int, int], bool]:
    """A step that shows how far it is and never gives up; Ctrl-C does."""

    def step(done: int, total: int) -> bool:
        show(done, total)
        return False

    return step


def _repair(arguments: argparse.Namespace) -> int:
    from segcore.data import repair_dataset

    with progress_line("steps") as show:
        report = repair_dataset(arguments.folder, arguments.to, arguments.fix, drop=arguments.drop, step=_told(show))
    if report is None:
        return FAILED
    if arguments.json:
        print_json(asdict(report))
        return DONE
    print(f"{report.folder}: {report.pairs} {'pair' if report.pairs == 1 else 'pairs'}")
    print_table(("MENDED", "FILES"), [(kind, str(count)) for kind, count in report.mended.items()])
    for kind, files in report.left.items():
        print(f"{kind}: {len(files)} could not be mended, for example {files[0]}")
    if report.dropped:
        print(f"{len(report.dropped)} files are not in the copy; {report.folder}/repair.json names them")
    return DONE
