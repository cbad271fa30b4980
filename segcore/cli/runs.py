"""``runs``: all operations on trainings."""
# ruff: noqa: PLC0415 - torch is imported only by the verbs that need it, so that `runs list` is fast

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from segcore.cli import export
from segcore.cli.advice import advice_json, advice_lines
from segcore.cli.output import DONE, number, print_json, print_result, print_table, shown
from segcore.cli.runs_list import add_list_options, list_command, run_facts, state_text
from segcore.cli.runs_notes import add_note_verbs
from segcore.cli.runs_queue import add_move_options, add_queue_options, move_command, queue_command
from segcore.coach import coach, failure_advice
from segcore.errors import BadConfig, BadRun
from segcore.runs import Request, Run, extend, log_tail, new_run, open_run, resume, start

_SHOWN_LOG_LINES = 20
_ANSWERS: dict[Request, str] = {
    "stop": "will stop within a few steps and keep its last weights.",
    "stop_after_epoch": "will stop after the current epoch and its validation.",
    "pause": "will pause within a few steps. `runs resume` resumes it.",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of ``runs``."""
    parser.description = "The trainings on this computer, from the command line and the dashboard."
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text)
        added.set_defaults(command=command)
        added.add_argument("--json", action="store_true", help="print JSON")
        if name not in ("list", "queue"):
            added.add_argument("run", type=open_run, metavar="NAME", help="name of the run")
        return added

    add_list_options(verb("list", list_command, "all runs, the newest first, or those that match a filter"))
    verb("show", _show, "one run: settings, epochs, advice of the coach, checkpoints, the end of its log")
    stopping = verb("stop", _request, "stop a run; it keeps its last weights, and a queued one never starts")
    stopping.set_defaults(request="stop")
    stopping.add_argument(
        "--after-epoch", dest="request", action="store_const", const="stop_after_epoch",
        help="finish the epoch and its validation first",
    )  # fmt: skip
    verb("pause", _request, "pause a run and release its device").set_defaults(request="pause")
    add_queue_options(verb("queue", queue_command, "which runs use each device, and which wait for it"))
    add_move_options(verb("move", move_command, "change the position of a run in the queue"))
    resuming = verb("resume", _resume, "resume a run exactly from its last save")
    extending = verb("extend", _extend, "resume a run that has ended for more epochs")
    extending.add_argument("epochs", type=int, metavar="N", help="epochs to add")
    cloning = verb("clone", _clone, "start a new run with the settings of another")
    cloning.add_argument("--as", dest="as_name", metavar="NEW", help="name of the new run (default: generated)")
    for changing in (resuming, cloning):
        changing.add_argument(
            "--set", nargs="+", action="extend", default=[], metavar="FIELD=VALUE", help="settings to change"
        )
    export.add_options(verb("export", export.export, "write a run as files for other programs, or as a report"))
    add_note_verbs(verb)
    deleting = verb("delete", _delete, "print the size of a run, and with --yes delete it with its checkpoints")
    deleting.add_argument("--yes", action="store_true", help="delete; this cannot be undone")
    keeping = verb("keep", _keep, "copy a checkpoint of a run to the folder that --checkpoint and the dashboard read")
    keeping.add_argument("--as", dest="as_name", metavar="NAME", required=True, help="name of the checkpoint")
    keeping.add_argument("--title", metavar="TEXT", help="one line for people")
    keeping.add_argument("--licence", metavar="TEXT", help="licence of the weights")
    keeping.add_argument("--last", action="store_true", help="the last epoch instead of the best")
    keeping.add_argument("--half", action="store_true", help="16-bit floats: half the size")
    keeping.add_argument("--replace", action="store_true", help="overwrite an older checkpoint of that name")
    keeping.add_argument("--folder", type=Path, metavar="DIR", help="another folder than the default")


def end_of_log(run: Run) -> str:
    """The last lines of a run's log."""
    return "\n".join(log_tail(run.log_path, _SHOWN_LOG_LINES)) or "(nothing)"


def _show(arguments: argparse.Namespace) -> int:
    run = arguments.run
    facts = run_facts(run)
    epochs = run.timeline(("val",))
    advice = coach(run)
    if arguments.json:
        whole = {"spec": run.spec, "plan": run.plan, "bytes": run.size(), "setup": run.last("setup")}
        print_json({**facts, **whole, "validations": epochs, "advice": [advice_json(each) for each in advice]})
        return DONE
    print(f"{run.path}\n{state_text(facts)}{': ' + facts['reason'] if facts['reason'] else ''}\n")
    settings = [(name, shown(value)) for name, value in run.plan.items() if value not in (None, "", [], {})]
    print_table(("SETTING", "VALUE"), settings)
    if epochs:
        measure = "accuracy" if "accuracy" in epochs[-1] else "miou"
        words = "Accuracy:" if measure == "accuracy" else "mIoU of the validation images."
        print(f"\n{words} {epochs[-1]['convention']}\n")
        rows = [(each["epoch"] + 1, number(each["loss"], 4), number(each[measure])) for each in epochs]
        print_table(("EPOCH", "VALIDATION LOSS", measure.upper()), rows)
    if advice:
        print("\nAdvice of the coach\n")
        print("\n".join(line for each in advice for line in advice_lines(each, run.name)))
    print()
    for which in ("best", "last"):
        if facts[f"{which}_checkpoint"]:
            print(f"{which} checkpoint: {facts[f'{which}_checkpoint']}")
    if facts["state"] in ("failed", "lost"):
        print("\n" + "\n".join(advice_lines(failure_advice(run), run.name)))
        print(f"\nThe end of {run.log_path}:\n{end_of_log(run)}")
    return DONE


def _request(arguments: argparse.Namespace) -> int:
    arguments.run.request(arguments.request)
    return _answer(arguments, arguments.run, _ANSWERS[arguments.request])


def _resume(arguments: argparse.Namespace) -> int:
    run = arguments.run
    resume(run, _allowed_changes(run, arguments.set) if arguments.set else {})
    return _answer(arguments, run, "was resumed. `runs show` reports its progress.")


def _extend(arguments: argparse.Namespace) -> int:
    run = arguments.run
    extend(run, arguments.epochs)
    return _answer(arguments, run, f"continues to epoch {run.plan['epochs']}.")


def _clone(arguments: argparse.Namespace) -> int:
    from segcore.cli.settings import with_changes
    from segcore.train import make_config
    from segcore.train.checks.validation import require_valid

    config = make_config(with_changes(arguments.run.plan, arguments.set))
    require_valid(config)
    run = new_run(config.to_json(), name=arguments.as_name)
    start(run)
    return _answer(arguments, run, f"has the settings of {arguments.run.name} and was started: {run.path}")


def _allowed_changes(run: Run, typed: list[str]) -> dict[str, Any]:
    """The changed settings, validated; only some may change when a run is resumed."""
    from segcore.cli.settings import with_changes
    from segcore.train import CHANGEABLE, make_config

    before = run.plan
    after = make_config(with_changes(before, typed)).to_json()
    changes = {name: value for name, value in after.items() if name in before and before[name] != value}
    fixed = [name for name in changes if name not in CHANGEABLE]
    if fixed:
        raise BadConfig(
            "{fixed} cannot change when a run is resumed; these can: {known}. `runs clone {name} --set …` starts a new "
            "run with any change.",
            fixed=fixed,
            known=list(CHANGEABLE),
            name=run.name,
        )
    return changes


def _delete(arguments: argparse.Namespace) -> int:
    run = arguments.run
    size = run.size()
    if arguments.yes:
        size = run.delete()
        text = f"Run {run.name} was deleted; {size / 1e6:.1f} MB were freed."
    else:
        text = (
            f"Run {run.name} is {run.status()} and takes {size / 1e6:.1f} MB: {run.path}\n"
            f"With --yes it is deleted with its curves, samples and checkpoints. Kept checkpoints stay."
        )
    return print_result({"name": run.name, "bytes": size, "deleted": arguments.yes}, text, as_json=arguments.json)


def _answer(arguments: argparse.Namespace, run: Run, sentence: str) -> int:
    facts = {"name": run.name, "path": str(run.path), "state": run.status()}
    return print_result(facts, f"Run {run.name} {sentence}", as_json=arguments.json)


def _keep(arguments: argparse.Namespace) -> int:
    from segcore.checkpoint import keep_checkpoint

    run = arguments.run
    source = run.checkpoint_path("last" if arguments.last else "best")
    if not source.exists():
        raise BadRun(
            "Run {name} has no {which} checkpoint yet: it is {status}. Let it finish an epoch.",
            name=run.name,
            which=source.stem,
            status=run.status(),
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
    text = f"Kept as {kept.name}: {kept.path} ({kept.size / 1e6:.1f} MB)"
    return print_result({"name": kept.name, "path": str(kept.path), "bytes": kept.size}, text, as_json=arguments.json)
