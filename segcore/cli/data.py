"""``data``: which datasets there are, what one is made of, fetch one, and what is wrong with a folder."""
# ruff: noqa: PLC0415 - torch comes with the data part, and is imported when a command runs

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.cli.output import DONE, FAILED, print_json, print_table, progress_line
from segcore.cli.output import say as tell

if TYPE_CHECKING:
    from segcore.data import Finding


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be typed after ``data``."""
    parser.description = "Data to train and to measure on."
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="the datasets and layouts that have a name")
    listing.description = (
        "The datasets and layouts that have a name. --data takes any folder of one of these layouts as it is; "
        "NAME:FOLDER where it can be read in two ways; NAME:FOLDER#SPLIT for one split of it."
    )
    listing.set_defaults(command=_list)
    showing = verbs.add_parser("show", help="what a dataset is made of: splits, sizes, shares of the classes")
    showing.add_argument("data", metavar="DATA", help="a name, a folder, or NAME:FOLDER")
    showing.add_argument("--most", type=_positive, metavar="N", help="images of a split to read (default: 1000)")
    showing.add_argument("--all", action="store_true", help="read all images")
    showing.set_defaults(command=_show)
    getting = verbs.add_parser("get", help="fetch a dataset from its publisher")
    getting.add_argument("name", metavar="NAME", help="voc, sbd, pets or cifar10; for others it says what to do")
    getting.set_defaults(command=_get)
    checking = verbs.add_parser("check", help="say what is wrong with a folder of images and masks")
    checking.description = (
        "Read every image and mask of a folder and say what is wrong. The exit code is 1 when there are errors; "
        "warnings and notes alone give 0."
    )
    checking.add_argument("folder", type=Path, metavar="DIR", help="a dataset's folder")
    checking.set_defaults(command=_check)
    for verb in (listing, showing, getting, checking):
        verb.add_argument("--json", action="store_true", help="print JSON")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _list(arguments: argparse.Namespace) -> int:
    from segcore.data import DATASETS
    from segcore.data.download import DOWNLOADS

    if arguments.json:
        names = ("name", "title", "summary", "splits", "classes", "licence", "shippable", "homepage")
        facts = [{name: getattr(card, name) for name in names} for card in DATASETS.values()]
        print_json([fact | {"can_be_fetched": fact["name"] in DOWNLOADS} for fact in facts])
        return DONE
    print_table(
        ("NAME", "SPLITS", "WHAT"),
        [(card.name, " ".join(card.splits), card.summary) for card in DATASETS.values()],
    )
    print(f"\n`data get` fetches {', '.join(DOWNLOADS)}.")
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from segcore.data import dataset_card
    from segcore.data.facts import MOST_LOOKED_AT, work

    card = dataset_card(arguments.data)
    most = None if arguments.all else arguments.most or MOST_LOOKED_AT
    with progress_line("images") as show:
        facts = work(
            {"data": arguments.data, "most": most},
            lambda _kind, *, done, total, **_: show(done, total),
            lambda: None,
            Path(),
        )
    assert facts is not None, "nobody asked to stop"
    facts = {"layout": card.name, **facts}
    if arguments.json:
        print_json(facts)
        return DONE
    print(f"{facts['title']}, read as {card.name}" + (f"; {card.licence}" if card.licence else ""))
    splits = facts["splits"]
    print_table(
        ("SPLIT", "IMAGES", "READ", "BROKEN", "SMALLEST", "MEDIAN", "LARGEST"),
        [
            (
                name,
                *(str(split[key]) for key in ("images", "looked_at", "broken_count")),
                *(_size(split[key]) for key in ("smallest", "median", "largest")),
            )
            for name, split in splits.items()
        ],
    )
    print()
    print_table(
        ("CLASS", *(f"{name.upper()} PIXELS / IMAGES" for name in splits)),
        [
            (title, *(f"{split['shares'][label]:.2%} / {split['showing'][label]}" for split in splits.values()))
            for label, title in enumerate(facts["classes"])
        ],
    )
    for name, split in splits.items():
        for sentence in split["broken"]:
            print(f"\n{name}: {sentence}")
    return FAILED if any(split["broken_count"] for split in splits.values()) else DONE


def _size(size: list[int] | None) -> str:
    return "-" if size is None else f"{size[1]} × {size[0]}"


def _get(arguments: argparse.Namespace) -> int:
    from segcore.data.download import get_dataset

    doing_now = ""
    with progress_line("MB") as show:

        def say(doing: str, done: int, total: int | None) -> bool:
            nonlocal doing_now
            if doing != doing_now:
                tell(f"{arguments.name}: {doing} …")
                doing_now = doing
            show(done // 1_000_000, None if total is None else total // 1_000_000)
            return False

        folder = get_dataset(arguments.name, say)
    if arguments.json:
        print_json({"name": arguments.name, "folder": str(folder)})
    else:
        print(f"{arguments.name} is in {folder}.")
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
