"""``runs``: list, show, stop and keep trainings, whoever started them."""
# ruff: noqa: PLC0415 - only keep needs the checkpoint part, and a list of runs should come at once

import argparse
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from segcore.cli.output import DONE, number, print_json, print_table, say
from segcore.errors import BadRun
from segcore.runs import Run, list_runs, open_run

_SHOWN_LOG_LINES = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be typed after ``runs``."""
    parser.description = "The trainings of this computer, whoever started them."
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="all runs, the newest first")
    listing.set_defaults(command=_list)
    showing = verbs.add_parser("show", help="one run: settings, epochs, checkpoints, the end of its log")
    showing.set_defaults(command=_show)
    stopping = verbs.add_parser("stop", help="ask a run to stop; it keeps its last weights")
    stopping.set_defaults(command=_stop)
    keeping = verbs.add_parser(
        "keep", help="copy a checkpoint of a run to where --checkpoint and the dashboard find it"
    )
    keeping.set_defaults(command=_keep)
    keeping.add_argument("--as", dest="as_name", metavar="NAME", required=True, help="name of the checkpoint")
    keeping.add_argument("--title", metavar="TEXT", help="one line for people")
    keeping.add_argument("--licence", metavar="TEXT", help="under which the weights may be used")
    keeping.add_argument("--last", action="store_true", help="the last epoch instead of the best")
    keeping.add_argument("--half", action="store_true", help="16-bit floats: half the size")
    keeping.add_argument("--replace", action="store_true", help="overwrite an older checkpoint of that name")
    keeping.add_argument("--folder", type=Path, metavar="DIR", help="another folder than that of your own checkpoints")
    for verb in (showing, stopping, keeping):
        verb.add_argument("name", metavar="NAME", help="name of the run")
    for verb in (listing, showing, stopping, keeping):
        verb.add_argument("--json", action="store_true", help="print JSON")


def run_facts(run: Run) -> dict[str, Any]:
    """One run in numbers: its state, what it trains, how far it is, and its best epoch (epochs count from 1).

    Raises:
        BadRun: its spec cannot be read.
    """
    epochs, _ = run.events(kinds=("val",))
    scored = [each for each in epochs if each["miou"] is not None]
    best = max(scored, key=lambda each: float(each["miou"]), default=None)
    checkpoints = {"best": run.checkpoint_path("best"), "last": run.checkpoint_path("last")}
    return {
        "name": run.name,
        "path": str(run.path),
        "state": run.status(),
        "reason": (run.last("state") or {}).get("reason", ""),
        "model": run.spec.get("model", ""),
        "data": run.spec.get("data", []),
        "epochs": run.spec.get("epochs", 0),
        "epochs_done": len(epochs),
        "best_miou": None if best is None else best["miou"],
        "best_epoch": None if best is None else best["epoch"] + 1,
        **{f"{which}_checkpoint": str(path) if path.exists() else None for which, path in checkpoints.items()},
        "created": datetime.fromtimestamp(run.created).isoformat(timespec="seconds"),
    }


def log_tail(run: Run) -> str:
    """The last lines that the process of a run printed."""
    try:
        lines = run.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    return "\n".join(lines[-_SHOWN_LOG_LINES:]) or "(nothing)"


def _list(arguments: argparse.Namespace) -> int:
    facts = []
    for run in list_runs():
        try:
            facts.append(run_facts(run))
        except BadRun as error:  # one damaged run must not hide the others
            say(str(error))
    if arguments.json:
        print_json(facts)
    elif facts:
        print_table(("RUN", "STATE", "MODEL", "DATA", "EPOCH", "BEST MIOU", "MADE"), [_row(each) for each in facts])
    else:
        print("No runs yet. `python -m segcore train --model unet --data shapes --epochs 3` makes one.")
    return DONE


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    return (
        facts["name"],
        facts["state"],
        facts["model"],
        " ".join(PurePath(place).name for place in facts["data"]),
        f"{facts['epochs_done']}/{facts['epochs']}",
        number(facts["best_miou"]),
        facts["created"].replace("T", " "),
    )


def _show(arguments: argparse.Namespace) -> int:
    run = open_run(arguments.name)
    facts = run_facts(run)
    epochs, _ = run.events(kinds=("val",))
    if arguments.json:
        print_json({**facts, "spec": run.spec, "setup": run.last("setup"), "validations": epochs})
        return DONE
    print(f"{run.path}\n{facts['state']}{': ' + facts['reason'] if facts['reason'] else ''}\n")
    settings = [(name, _in_words(value)) for name, value in run.spec.items()]
    print_table(("SETTING", "VALUE"), [(name, words) for name, words in settings if words])
    if epochs:
        print(f"\nmIoU of the validation images. {epochs[-1]['convention']}\n")
        rows = [(str(each["epoch"] + 1), number(each["loss"], 4), number(each["miou"])) for each in epochs]
        print_table(("EPOCH", "VALIDATION LOSS", "MIOU"), rows)
    print()
    for which in ("best", "last"):
        if facts[f"{which}_checkpoint"]:
            print(f"{which} checkpoint: {facts[f'{which}_checkpoint']}")
    if facts["state"] in ("failed", "lost"):
        print(f"\nThe end of {run.log_path}:\n{log_tail(run)}")
    return DONE


def _in_words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_in_words(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " ".join(map(_in_words, value))
    return "" if value is None else str(value)


def _stop(arguments: argparse.Namespace) -> int:
    run = open_run(arguments.name)
    run.ask_stop()
    if arguments.json:
        print_json({"name": run.name, "state": run.status()})
    else:
        print(f"Run {run.name} was asked to stop; it does so within a few steps and keeps its last weights.")
    return DONE


def _keep(arguments: argparse.Namespace) -> int:
    from segcore.checkpoint import keep_checkpoint

    run = open_run(arguments.name)
    source = run.checkpoint_path("last" if arguments.last else "best")
    if not source.exists():
        raise BadRun(
            f"Run {run.name} has no {source.stem} checkpoint yet: it is {run.status()}. Let it finish an epoch."
        )
    kept = keep_checkpoint(
        source,
        arguments.as_name,
        title=arguments.title,
        licence=arguments.licence,
        folder=arguments.folder,
        half=arguments.half,
        replace=arguments.replace,
    )
    if arguments.json:
        print_json({"name": kept.name, "path": str(kept.path), "bytes": kept.size})
    else:
        print(f"Kept as {kept.name}: {kept.path} ({kept.size / 1e6:.1f} MB)")
    return DONE
