"""``runs stop``, ``pause``, ``dump`` and ``wake``: control of the process of a training."""

import argparse
import shlex

from segcore.cli.output import FAILED, duration, notify, print_result
from segcore.cli.runs_notes import AddVerb
from segcore.runs import Run, dump_run, kill_run, readable, stall_of, typed_name, wake_run
from segcore.runs.process import Doing

_ANSWERS = {
    "stop": "will stop within a few steps and keep its last weights.",
    "stop_after_epoch": "will stop after the current epoch and its validation.",
    "pause": "will pause within a few steps. `runs resume` resumes it.",
}
_DOING: dict[Doing, str] = {
    "stopped": "was stopped by a signal (SIGSTOP, Ctrl-Z)",
    "disk": "waits for a disk or a device",
    "sleeping": "waits",
    "computing": "is computing",
    "unknown": "is not known on this computer",
}


def add_control_verbs(verb: AddVerb) -> None:
    """Add the verbs of this file."""
    stopping = verb("stop", _request, "stop a run; it keeps its last weights, and a queued one never starts")
    stopping.set_defaults(request="stop")
    stopping.add_argument(
        "--after-epoch", dest="request", action="store_const", const="stop_after_epoch",
        help="finish the epoch and its validation first",
    )  # fmt: skip
    stopping.add_argument(
        "--now", dest="request", action="store_const", const="",
        help="kill its process: for one that hangs; what it did since its last save is lost",
    )  # fmt: skip
    verb("pause", _request, "pause a run and release its device").set_defaults(request="pause")
    verb("dump", _dump, "print where the process of a run is, for one that is stalled; also into its log")
    verb("wake", _wake, "continue the process of a run that was stopped by a signal")


def _request(arguments: argparse.Namespace) -> int:
    """Ask a run to stop or pause, or kill its process."""
    run: Run = arguments.run
    if not arguments.request:
        kill_run(run)
        return answer(arguments, run, "was ended; `runs resume` continues from its last save.")
    is_stalled = run.status() == "stalled"
    run.request(arguments.request)
    if is_stalled:
        notify("The run is stalled, so it may not react. If it does not end within a minute: `runs stop --now`.")
    return answer(arguments, run, _ANSWERS[arguments.request])


def _dump(arguments: argparse.Namespace) -> int:
    """Print the stacks of the threads of a run, which it writes to its log."""
    run: Run = arguments.run
    written = dump_run(run)
    if not written:
        notify(
            f"The process of run {typed_name(run.name)} did not react: it was stopped (`runs wake` continues it), or "
            f"waits for a disk. Its stacks will be in {readable(str(run.log_path))} as soon as it does."
        )
        return FAILED
    return print_result({"name": typed_name(run.name), "dump": written}, written.rstrip(), as_json=arguments.json)


def _wake(arguments: argparse.Namespace) -> int:
    """Continue the process of a run that was stopped by a signal."""
    wake_run(arguments.run)
    return answer(arguments, arguments.run, "continues: it is running again as soon as it moves.")


def stall_lines(run: Run) -> list[str]:
    """What is known about a run that is stalled, and what can be done."""
    found = stall_of(run)
    if found is None:  # it moves again
        return []
    usual = "" if found.usual is None else f" (usually at most {duration(found.usual)})"
    last = f"{found.last['kind']} {found.last.get('step', '')}".strip()
    name = shlex.quote(typed_name(run.name))
    return [
        f"Nothing has happened for {duration(found.silent)}{usual}; the last event was: {last}. Its process "
        f"{_DOING[found.doing]}. You can",
        "  wait: it is running again as soon as it moves",
        *([f"  runs wake {name}           continue its process"] if found.doing == "stopped" else []),
        f"  runs dump {name}           see where it is",
        f"  runs stop {name}           ask it to save and stop",
        f"  runs stop {name} --now     kill it; `runs resume` continues from its last save",
    ]


def answer(arguments: argparse.Namespace, run: Run, sentence: str) -> int:
    """Print what became of a run, and return the exit code of success."""
    name = typed_name(run.name)
    facts = {"name": name, "path": readable(str(run.path)), "state": run.status()}
    return print_result(facts, f"Run {name} {sentence}", as_json=arguments.json)
