"""``data``: which datasets have a name, and what is wrong with a folder."""
# ruff: noqa: PLC0415 - torch comes with the data part, and is imported when a command runs

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.cli.output import DONE, FAILED, print_json, print_table

if TYPE_CHECKING:
    from segcore.data import Finding


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
    for verb in (listing, checking):
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

    findings = check_dataset(arguments.folder)
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
        more = finding.count - len(finding.files)
        lines.append(f"  {', '.join(finding.files)}{f' and {more} more' if more > 0 else ''}")
    return "\n".join([*lines, f"  → {finding.advice}"])
