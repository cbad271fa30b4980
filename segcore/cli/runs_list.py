"""``runs list``: all trainings, or those that match a filter."""

import argparse
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

from segcore.cli.output import DONE, notify, number, print_json, print_table
from segcore.runs import (
    SORTS,
    STATES,
    Notes,
    Run,
    Summary,
    Wanted,
    listed,
    read_notes,
    readable,
    run_index,
    shown_name,
    summary,
    typed_name,
)


def add_list_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``runs list``."""
    parser.add_argument("--search", default="", metavar="WORDS", help="words of the name, note, tags, model or data")
    parser.add_argument("--state", action="append", default=[], choices=STATES, help="only this state; repeatable")
    parser.add_argument("--model", action="append", default=[], metavar="NAME", help="only this model; repeatable")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="only with this tag; repeatable")
    parser.add_argument("--starred", action="store_true", help="only starred runs")
    archived = parser.add_mutually_exclusive_group()
    archived.add_argument("--archived", action="store_const", const="yes", help="only archived runs")
    archived.add_argument("--all", dest="archived", action="store_const", const="all", help="include archived runs")
    parser.add_argument("--sort", default="made", choices=SORTS, help="column to sort by (default: made)")
    parser.add_argument("--reverse", action="store_true", help="smallest or oldest first")


def list_command(arguments: argparse.Namespace) -> int:
    """Print the runs."""
    snapshot = run_index().read(sizes=arguments.sort == "size")
    for sentence in snapshot.problems:  # one damaged run must not hide the others
        notify(sentence)
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
    found = listed(snapshot.entries, wanted)
    facts = [run_facts(entry.run, entry.facts, entry.notes) for entry in found]
    if arguments.json:
        print_json(facts)
    elif facts:
        head = ("RUN", "STATE", "MODEL", "DATA", "EPOCH", "BEST MIOU", "MADE", "NOTES")
        print_table(head, [_row(each) for each in facts])
    elif snapshot.entries:
        print(f"None of the {len(snapshot.entries)} runs matches. `runs list --all` includes archived runs.")
    else:
        print("No runs yet. `python -m segcore train --model unet --data shapes --epochs 3` makes one.")
    return DONE


def run_facts(run: Run, facts: Summary | None = None, notes: Notes | None = None) -> dict[str, Any]:
    """The facts of one run: state, model, data, progress, best epoch, notes. Epochs count from 1.

    Its summary and notes are read unless given.

    Raises:
        BadRun: its spec cannot be read.
    """
    facts = facts or summary(run)
    notes = notes or read_notes(run)
    checkpoints = (run.checkpoint_path("best"), run.checkpoint_path("last"))
    places = {path.stem: readable(str(path)) for path in checkpoints if path.exists()}
    return {
        "name": typed_name(run.name),
        "display_name": shown_name(run, notes),
        "path": readable(str(run.path)),
        "state": facts.state,
        "cause": run.cause() if facts.state in ("failed", "lost") else facts.cause,
        "reason": facts.reason,
        "model": facts.model,
        "data": list(map(str, run.plan.get("data", ()))),
        "epochs": facts.epochs,
        "epochs_done": facts.done,
        "validating": list(facts.validating) if facts.validating else None,
        "best_miou": facts.best_miou,
        "best_accuracy": facts.best_accuracy,
        "best_epoch": facts.best_epoch,
        "best_checkpoint": places.get("best"),
        "last_checkpoint": places.get("last"),
        "created": datetime.fromtimestamp(facts.created).isoformat(timespec="seconds"),
        "note": notes.text,
        "tags": list(notes.tags),
        "starred": notes.star,
        "archived": notes.archived,
    }


def state_text(facts: Mapping[str, Any]) -> str:
    """The state of a run; of one that validates also how far it is: running, validating 96 of 680 images."""
    if not facts["validating"]:
        return str(facts["state"])
    done, total = facts["validating"]
    return f"{facts['state']}, validating {done} of {total} images"


def primary_metric(facts: Mapping[str, Any]) -> str:
    """The primary metric of a run or a validation as text: mIoU 0.613, or accuracy 0.871 for a classification."""
    accuracy = facts.get("best_accuracy", facts.get("accuracy"))
    if accuracy is not None:
        return f"accuracy {number(accuracy)}"
    return f"mIoU {number(facts.get('best_miou', facts.get('miou')))}"


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    named = [f"“{facts['display_name']}”"] if facts["display_name"] != facts["name"] else []
    marks = ["*"] * facts["starred"] + ["(archived)"] * facts["archived"] + [f"#{tag}" for tag in facts["tags"]]
    return (
        facts["name"],
        state_text(facts),
        facts["model"],
        " ".join(PurePath(place).name for place in facts["data"]),
        f"{facts['epochs_done']}/{facts['epochs']}",
        primary_metric(facts).removeprefix("mIoU "),  # the word is in the head
        facts["created"].replace("T", " "),
        " ".join([*named, *marks, *facts["note"].splitlines()[:1]]),
    )
