"""``runs list``: all trainings, or those that are looked for."""

import argparse
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

from segcore.cli.output import DONE, number, print_json, print_table, say
from segcore.runs import SORTS, STATES, Notes, Run, Summary, Wanted, listed, read_notes, run_index, summary


def add_list_options(parser: argparse.ArgumentParser) -> None:
    """What can be typed after ``runs list``."""
    parser.add_argument("--search", default="", metavar="WORDS", help="words of the name, note, tags, model or data")
    parser.add_argument("--state", action="append", default=[], choices=STATES, help="only this state; repeatable")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model; repeatable")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="only with this tag; repeatable")
    parser.add_argument("--starred", action="store_true", help="only those with a star")
    put_away = parser.add_mutually_exclusive_group()
    put_away.add_argument("--archived", action="store_const", const="yes", help="only those that were put away")
    put_away.add_argument("--all", dest="archived", action="store_const", const="all", help="also those put away")
    parser.add_argument("--sort", default="made", choices=SORTS, help="column to sort by (default: made)")
    parser.add_argument("--reverse", action="store_true", help="the smallest, the oldest first")


def list_command(arguments: argparse.Namespace) -> int:
    """Print the runs."""
    look = run_index().read(sizes=arguments.sort == "size")
    for sentence in look.problems:  # one damaged run must not hide the others
        say(sentence)
    wanted = Wanted(
        text=arguments.search,
        states=tuple(arguments.state),
        models=tuple(arguments.model),
        tags=tuple(arguments.tag),
        starred=arguments.starred,
        archived=arguments.archived or "no",
        sort=arguments.sort,
        descending=not arguments.reverse,
        live_first=False,
    )
    found = listed(look.entries, wanted)
    facts = [run_facts(entry.run, entry.facts, entry.notes) for entry in found]
    if arguments.json:
        print_json(facts)
    elif facts:
        head = ("RUN", "STATE", "MODEL", "DATA", "EPOCH", "BEST MIOU", "MADE", "NOTES")
        print_table(head, [_row(each) for each in facts])
    elif look.entries:
        print(f"None of the {len(look.entries)} runs is wanted. `runs list --all` shows those that were put away too.")
    else:
        print("No runs yet. `python -m segcore train --model unet --data shapes --epochs 3` makes one.")
    return DONE


def run_facts(run: Run, facts: Summary | None = None, notes: Notes | None = None) -> dict[str, Any]:
    """One run in numbers: its state, what it trains, how far it is, its best epoch, its notes. Epochs count from 1.

    Args:
        run: its folder.
        facts: of the run, where they were read already.
        notes: of the run, where they were read already.

    Raises:
        BadRun: its spec cannot be read.
    """
    facts = facts or summary(run)
    notes = notes or read_notes(run)
    checkpoints = {"best": run.checkpoint_path("best"), "last": run.checkpoint_path("last")}
    return {
        "name": run.name,
        "path": str(run.path),
        "state": facts.state,
        "cause": run.cause() if facts.state in ("failed", "lost") else facts.cause,
        "reason": facts.reason,
        "model": facts.model,
        "data": list(run.plan.get("data", ())),
        "epochs": facts.epochs,
        "epochs_done": facts.done,
        "best_miou": facts.best_miou,
        "best_accuracy": facts.best_accuracy,
        "best_epoch": facts.best_epoch,
        **{f"{which}_checkpoint": str(path) if path.exists() else None for which, path in checkpoints.items()},
        "created": datetime.fromtimestamp(facts.created).isoformat(timespec="seconds"),
        "note": notes.text,
        "tags": list(notes.tags),
        "starred": notes.star,
        "archived": notes.archived,
    }


def headline(facts: Mapping[str, Any], *, short: bool = False) -> str:
    """In words, "mIoU 0.613" or of a classification "accuracy 0.871": of a run's facts, or of a validation.

    Args:
        facts: with "best_miou" or "miou", and perhaps "best_accuracy" or "accuracy".
        short: leave out the word mIoU, where the head of a column has it.
    """
    accuracy = facts.get("best_accuracy", facts.get("accuracy"))
    if accuracy is not None:
        return f"accuracy {number(accuracy)}"
    miou = number(facts.get("best_miou", facts.get("miou")))
    return miou if short else f"mIoU {miou}"


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    marks = ["*"] * facts["starred"] + ["(archived)"] * facts["archived"] + [f"#{tag}" for tag in facts["tags"]]
    return (
        facts["name"],
        facts["state"],
        facts["model"],
        " ".join(PurePath(place).name for place in facts["data"]),
        f"{facts['epochs_done']}/{facts['epochs']}",
        headline(facts, short=True),
        facts["created"].replace("T", " "),
        " ".join([*marks, *facts["note"].splitlines()[:1]]),
    )
