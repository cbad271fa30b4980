"""``runs``: all operations on trainings."""
# ruff: noqa: PLC0415 - torch is imported only by the verbs that need it, so that `runs list` is fast

import argparse
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.cli import export
from segcore.cli.advice import advice_json, advice_lines
from segcore.cli.output import DONE, number, print_json, print_result, print_table, shown
from segcore.cli.runs_control import add_control_verbs, answer, stall_lines
from segcore.cli.runs_list import add_list_options, list_command, run_facts, state_text
from segcore.cli.runs_notes import add_note_verbs
from segcore.cli.runs_queue import add_move_options, add_queue_options, move_command, queue_command
from segcore.coach import coach, failure_advice
from segcore.errors import BadConfig, BadRun
from segcore.runs import (
    Run,
    extend,
    list_runs,
    log_tail,
    new_run,
    open_run,
    read_notes,
    readable,
    resume,
    start,
    typed_name,
)

_SHOWN_LOG_LINES = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of ``runs``."""
    parser.description = "The trainings on this computer, from the command line and the dashboard."
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(name: str, command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text)
        added.set_defaults(command=command)
        added.add_argument("--json", action="store_true", help="print JSON")
        if name not in ("list", "queue"):
            added.add_argument("run", type=_run, metavar="NAME", help="its name in `runs list`, or the one you gave it")
        return added

    add_list_options(verb("list", list_command, "all runs, the newest first, or those that match a filter"))
    verb("show", _show, "one run: settings, epochs, advice of the coach, checkpoints, the end of its log")
    add_control_verbs(verb)
    add_queue_options(verb("queue", queue_command, "which runs use each device, and which wait for it"))
    add_move_options(verb("move", move_command, "change the position of a run in the queue"))
    resuming = verb("resume", _resume, "resume a run exactly from its last save")
    resuming.add_argument(
        "--accept-changed-data", action="store_true", help="continue although images or masks have changed since"
    )
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


def with_dashed_name(words: Sequence[str]) -> list[str]:
    """The words of a command, where a run named "-x" is "./-x", so that it is not taken for an option."""
    words = list(words)
    if words[:1] == ["runs"]:
        for at, word in enumerate(words[2:], 2):
            if re.fullmatch(r"-[^-].*", word) and word != "-h" and (paths.runs_dir() / word / "spec.json").is_file():
                return [*words[:at], f"./{word}", *words[at + 1 :]]
    return words


def _run(name: str) -> Run:
    """A run by the name of its folder, as shells write it, or by the name that the user gave it.

    Raises:
        BadRun: there is none, or there are several.
    """
    folder = name.removeprefix("./").rstrip("/")
    try:
        return open_run(folder, follow_links=True)
    except BadRun:
        named = [run for run in list_runs() if read_notes(run).name == name]
        if len(named) == 1:
            return named[0]
        if not named:
            raise
    raise BadRun(
        '{count} runs are named "{name}": {runs}. Choose one of these.',
        count=len(named),
        name=name,
        runs=[readable(run.name) for run in named],
    )


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
    print(f"{facts['path']}\n{state_text(facts)}{': ' + facts['reason'] if facts['reason'] else ''}\n")
    if facts["display_name"] != facts["name"]:
        print(f"{facts['display_name']}\n")
    if facts["state"] == "stalled":
        print("\n".join(stall_lines(run)) + "\n")
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
        print("\n".join(line for each in advice for line in advice_lines(each, shlex.quote(facts["name"]))))
    print()
    for which in ("best", "last"):
        if facts[f"{which}_checkpoint"]:
            print(f"{which} checkpoint: {facts[f'{which}_checkpoint']}")
    if facts["state"] in ("failed", "lost"):
        print("\n" + "\n".join(advice_lines(failure_advice(run), shlex.quote(facts["name"]))))
        print(f"\nThe end of {run.log_path}:\n{end_of_log(run)}")
    return DONE


def _resume(arguments: argparse.Namespace) -> int:
    from segcore.train.data_changes import accept_changed_data, check_before_resume

    run = arguments.run
    if arguments.accept_changed_data:
        accept_changed_data(run)
    else:
        check_before_resume(run)
    resume(run, _allowed_changes(run, arguments.set) if arguments.set else {})
    return answer(arguments, run, "was resumed. `runs show` reports its progress.")


def _extend(arguments: argparse.Namespace) -> int:
    from segcore.train.data_changes import check_before_resume

    run = arguments.run
    check_before_resume(run)
    extend(run, arguments.epochs)
    return answer(arguments, run, f"continues to epoch {run.plan['epochs']}.")


def _clone(arguments: argparse.Namespace) -> int:
    from segcore.cli.settings import with_changes
    from segcore.train import make_config
    from segcore.train.checks.validation import require_valid

    config = make_config(with_changes(arguments.run.plan, arguments.set))
    require_valid(config)
    run = new_run(config.to_json(), name=arguments.as_name)
    start(run)
    return answer(arguments, run, f"has the settings of {typed_name(arguments.run.name)} and was started: {run.path}")


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
    run, name = arguments.run, typed_name(arguments.run.name)
    size = run.size()
    if arguments.yes:
        size = run.delete()
        text = f"Run {name} was deleted; {size / 1e6:.1f} MB were freed."
    else:
        text = (
            f"Run {name} is {run.status()} and takes {size / 1e6:.1f} MB: {readable(str(run.path))}\n"
            f"With --yes it is deleted with its curves, samples and checkpoints. Kept checkpoints stay."
        )
    return print_result({"name": name, "bytes": size, "deleted": arguments.yes}, text, as_json=arguments.json)


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
