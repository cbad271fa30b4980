"""``data``: list datasets, show the contents of one, download one, check one, and write a repaired copy."""
# ruff: noqa: PLC0415 - torch comes with the data part, and is imported when a command runs

import argparse
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.cli.advice import advice_lines
from segcore.cli.output import DONE, FAILED, image_size, notify, print_json, print_result, print_table, progress_line

if TYPE_CHECKING:
    from segcore.data.doctor.record import Diagnosis


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``data``."""
    parser.description = "Data to train and to measure on."
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="the datasets and layouts that have a name")
    listing.description = (
        "The datasets and layouts that have a name. --data takes any folder of one of these layouts as it is; "
        "NAME:FOLDER where it can be read in two ways; NAME:FOLDER#SPLIT for one split of it."
    )
    listing.set_defaults(command=_list)
    showing = verbs.add_parser("show", help="the contents of a dataset: splits, sizes, shares of the classes")
    showing.add_argument("data", metavar="DATA", help="a name, a folder, or NAME:FOLDER")
    showing.add_argument("--most", type=_positive, metavar="N", help="images of a split to read (default: 1000)")
    showing.add_argument("--all", action="store_true", help="read all images")
    showing.set_defaults(command=_show)
    getting = verbs.add_parser("get", help="download a dataset from its publisher")
    getting.add_argument("name", metavar="NAME", help="voc, sbd, pets or cifar10; for others it prints what to do")
    getting.set_defaults(command=_get)
    checking = verbs.add_parser("check", help="list the problems of a folder of images and masks")
    checking.description = (
        "Read every image and mask of a folder and list its problems. The exit code is 1 when there are errors; "
        "warnings and notes alone give 0."
    )
    checking.add_argument("folder", type=Path, metavar="DIR", help="a dataset's folder")
    checking.set_defaults(command=_check)
    repairing = verbs.add_parser("repair", help="write a corrected copy of a folder of images and masks")
    repairing.description = (
        "Write a copy in which the problems that `check` finds are fixed; the original is never changed. 255 becomes 1 "
        "in masks of 0 and 255, ids from 1 become ids from 0, colours become the nearest class, masks of another size "
        "but the same shape are resized by nearest neighbour, rotated ones are rotated, broken pairs and surplus "
        "copies are left out. The copy is checked again; the exit code is 1 where errors remain that were to be fixed."
    )
    repairing.add_argument("folder", type=Path, metavar="DIR", help="a dataset's folder")
    repairing.add_argument("--to", type=Path, required=True, metavar="NEW", help="the folder to write; not there yet")
    fixed = "repair these kinds only; by default all errors, and duplicates"
    repairing.add_argument("--fix", nargs="+", action="extend", metavar="KIND", help=fixed)
    repairing.add_argument(
        "--drop", action="store_true", help="leave out pairs that cannot be repaired, instead of copying them unchanged"
    )
    repairing.set_defaults(command=_repair)
    for verb in (listing, showing, getting, checking, repairing):
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
    rows = [(card.name, " ".join(card.splits), card.summary) for card in DATASETS.values()]
    print_table(("NAME", "SPLITS", "WHAT"), rows)
    print(f"\n`data get` fetches {', '.join(DOWNLOADS)}.")
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from segcore.data import dataset_card
    from segcore.data.statistics import MAX_IMAGES_READ, work
    from segcore.errors import read_message
    from segcore.job_context import JobContext

    card = dataset_card(arguments.data)
    most = None if arguments.all else arguments.most or MAX_IMAGES_READ
    with progress_line("images") as show:
        facts = work(
            {"data": arguments.data, "most": most},
            JobContext(Path(), emit=lambda _kind, *, done, total, **_: show(done, total)),
        )
    notes = [read_message("", note) for note in facts["notes"]]
    refused = {split: read_message("", error) for split, error in facts["refused"].items()}
    facts = {"layout": card.name, **facts, "notes": notes, "refused": refused}
    splits = facts["splits"]
    code = FAILED if refused or any(split["broken_count"] for split in splits.values()) else DONE
    if arguments.json:
        print_json(facts)
        return code
    print(f"{facts['title']}, read as {card.name}" + (f"; {card.licence}" if card.licence else ""))
    rows = []
    for name, split in splits.items():
        sizes = [image_size(split[key]) for key in ("smallest", "median", "largest")]
        rows.append((name, split["images"], split["looked_at"], split["broken_count"], *sizes))
    print_table(("SPLIT", "IMAGES", "READ", "BROKEN", "SMALLEST", "MEDIAN", "LARGEST"), rows)
    print()
    columns = [map("{:.2%} / {}".format, split["shares"], split["showing"]) for split in splits.values()]
    head = ("CLASS", *(f"{name.upper()} PIXELS / IMAGES" for name in splits))
    print_table(head, zip(facts["classes"], *columns, strict=True))
    for note in notes:
        print(f"\n{note}")
    for name, split in splits.items():
        for sentence in split["broken"]:
            print(f"\n{name}: {sentence}")
    for name, sentence in refused.items():
        print(f"\n{name} cannot be used: {sentence}")
    return code


def _get(arguments: argparse.Namespace) -> int:
    from segcore.data.download import get_dataset

    doing_now = ""
    with progress_line("MB") as show:

        def progress(doing: str, done: int, total: int | None) -> bool:
            nonlocal doing_now
            if doing != doing_now:
                notify(f"{arguments.name}: {doing} …")
                doing_now = doing
            show(done // 1_000_000, None if total is None else total // 1_000_000)
            return False

        folder = get_dataset(arguments.name, progress)
    facts = {"name": arguments.name, "folder": str(folder)}
    return print_result(facts, f"{arguments.name} is in {folder}.", as_json=arguments.json)


def _check(arguments: argparse.Namespace) -> int:
    from segcore.data.doctor import doctor_json, examine

    with progress_line("pairs") as show:
        diagnosis = examine(arguments.folder, show)
    text = "\n\n".join("\n".join(advice_lines(finding)) for finding in diagnosis.findings)
    print_result(
        [doctor_json(finding) for finding in diagnosis.findings],
        "\n".join([text or f"{arguments.folder}: no problems found.", *_limits(arguments.folder, diagnosis)]),
        as_json=arguments.json,
    )
    return FAILED if any(finding.severity == "error" for finding in diagnosis.findings) else DONE


def _limits(folder: Path, diagnosis: "Diagnosis") -> list[str]:
    """What was checked, where nothing was found; and what cannot be known."""
    from segcore.data import dataset_splits
    from segcore.data.doctor import limits
    from segcore.errors import SegcoreError

    splits: tuple[str, ...] = ()
    with suppress(SegcoreError):  # the findings state why it cannot be opened
        splits = dataset_splits(folder)
    checked = [] if diagnosis.findings else [limits.sound(diagnosis.looked_at)]
    unknown = [f"- {line}" for line in limits.unknown(splits, diagnosis.looked_at)]
    return [*checked, "", limits.UNKNOWN, *unknown]


def _repair(arguments: argparse.Namespace) -> int:
    from segcore.data import repair_dataset

    with progress_line("steps") as show:
        report = repair_dataset(arguments.folder, arguments.to, arguments.fix, drop=arguments.drop, step=show)
    meant = report.remaining.keys() & set(arguments.fix or report.remaining)
    failed = FAILED if report.left or meant else DONE
    if arguments.json:
        print_json(asdict(report))
        return failed
    print(f"{report.folder}: {report.pairs} {'pair' if report.pairs == 1 else 'pairs'}")
    print_table(("REPAIRED", "FILES"), report.mended.items())
    for kind, files in report.left.items():
        print(f"{kind}: {len(files)} could not be repaired, for example {files[0]}")
    if report.dropped:
        print(f"{len(report.dropped)} files are not in the copy; {report.folder}/repair.json names them")
    for text in report.unproven:
        print(f"Not proven: {text}")
    for kind, files in report.remaining.items():
        print(f"Still wrong in the copy: {kind} ({len(files)}), for example {files[0]}")
    return failed
