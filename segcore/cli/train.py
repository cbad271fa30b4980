"""``train``: make a run, start its process, and follow its events until it ends.

This is the same path as from the dashboard: the process does not die with this terminal, and the output is read from
the folder of the run.
"""
# ruff: noqa: PLC0415 - the settings import torch, so they are imported only by this command

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from segcore.advice import Advice
from segcore.cli.advice import advice_lines
from segcore.cli.output import DONE, FAILED, INTERRUPTED, duration, notify, number, print_json_line
from segcore.cli.runs import end_of_log
from segcore.cli.runs_list import primary_metric, run_facts
from segcore.cli.signals import signals_to
from segcore.errors import BadRun
from segcore.runs import FINAL_STATES, Event, Run, new_run, start, summary

_POLL_SECONDS = 0.3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``train``, without the settings; see `add_sources`."""
    parser.usage = "python -m segcore train [--model NAME] [--data DIR …] [--epochs N] [any other setting]"
    parser.description = (
        "Train a network. The first line on stdout is the folder of the run, followed by one line per epoch. Ctrl-C "
        "stops the training and keeps its last weights. The training continues if this terminal is closed: "
        "`python -m segcore runs` lists it."
    )
    parser.add_argument("--run", metavar="NAME", help="name of the run (default: derived from time, model and data)")
    parser.add_argument(
        "--check", action="store_true", help="do not train: check the data and estimate time and memory"
    )
    parser.add_argument("--again", action="store_true", help="with --check: repeat earlier measurements")
    add_accept(parser)
    parser.add_argument("--json", action="store_true", help="print the events of the run as JSON lines")
    parser.add_argument("--detach", action="store_true", help="return at once; `runs show` reports the progress")
    parser.set_defaults(command=_train)


def add_accept(parser: argparse.ArgumentParser) -> None:
    """Add --accept: problems of the data with which to continue."""
    parser.add_argument(
        "--accept",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND",
        help="continue although the check of the data finds this kind of error, as it is named there",
    )


def print_warnings(findings: Iterable[Advice]) -> None:
    """Print what the check of the data found but did not stop at, to stderr."""
    for finding in findings:
        notify("\n".join(advice_lines(finding)))


def add_sources(parser: argparse.ArgumentParser, *, with_settings: bool) -> None:
    """Add the sources of settings: --config, --set and, optionally, an option for every field of ``TrainConfig``."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="JSON file with settings, such as the spec.json of another run"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIELD=VALUE",
        help="any setting by name; a dot selects an inner value, as in --set options.width=32 ema=0.99",
    )
    if with_settings:
        from segcore.cli.settings import add_setting_options

        add_setting_options(parser)


def _train(arguments: argparse.Namespace) -> int:
    from segcore.cli.settings import typed_settings
    from segcore.train import make_config
    from segcore.train.checks.validation import require_valid

    config = make_config(typed_settings(arguments))
    if arguments.check:
        from segcore.cli.preflight import check

        return check(config, accept=arguments.accept, again=arguments.again, as_json=arguments.json)
    print_warnings(require_valid(config, arguments.accept))  # before a run is made
    run = new_run(config.to_json(), name=arguments.run)
    if arguments.detach:
        return _start_and_leave(run, as_json=arguments.json)
    if arguments.json:
        print_json_line({"kind": "run", "name": run.name, "path": str(run.path)})
        state, interrupted = _start_and_follow(run, print_json_line)
        print_json_line({"kind": "result", **run_facts(run), "state": state})
    else:
        lines = _EpochLines(run)
        state, interrupted = _start_and_follow(run, lines.event)
        lines.end(state)
    if state in ("failed", "lost"):
        return FAILED
    return INTERRUPTED if interrupted and state == "stopped" else DONE


def _start_and_leave(run: Run, *, as_json: bool) -> int:
    start(run)
    if as_json:
        print_json_line({"kind": "run", "name": run.name, "path": str(run.path), "state": run.status()})
    else:
        print(run.path)
        notify(f"Run {run.name} was started. `python -m segcore runs show {run.name}` reports its progress.")
    return DONE


def _start_and_follow(run: Run, show: Callable[[Event], None]) -> tuple[str, bool]:
    """Start a run, show its events until it ends, and return its last state and whether Ctrl-C was pressed."""
    presses = 0
    pid: int | None = None

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1
        if presses == 1:
            notify("Stopping within a few steps; the last weights are kept. Ctrl-C again stops at once.")
            with suppress(BadRun):  # it has just ended
                run.request("stop")
        elif pid is not None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signal.SIGINT)

    with signals_to(interrupt):
        pid = start(run)
        offset = 0
        while True:
            state = run.status()  # read before the events: those of a run that has ended are then complete
            events, offset = run.events(offset)
            for event in events:
                show(event)
            if state in FINAL_STATES or state == "lost":
                return state, presses > 0
            time.sleep(_POLL_SECONDS)


class _EpochLines:
    """One line per epoch, for people."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._task, self._epochs = run.plan["task"], run.plan["epochs"]
        self._losses: list[float] = []
        print(run.path, flush=True)

    def event(self, event: Event) -> None:
        match event["kind"]:
            case "setup":
                self._show_setup(event)
            case "step" if event["loss"] is not None and not event.get("unlabelled"):
                self._losses.append(event["loss"])
            case "validating" if sys.stdout.isatty():
                print(f"\rvalidating {event['done']} of {event['total']} images ", end="", flush=True)
            case "val":
                if sys.stdout.isatty():
                    print("\r\x1b[K", end="")  # over the progress of the validation
                self._show_epoch(event)

    def end(self, state: str) -> None:
        facts = run_facts(self._run)
        if facts["best_checkpoint"]:
            print(f"best {primary_metric(facts)} in epoch {facts['best_epoch']}: {facts['best_checkpoint']}")
        elif facts["last_checkpoint"]:
            print(f"stopped before the first validation; the weights so far: {facts['last_checkpoint']}")
        if state == "failed":
            notify(f"The training failed. {facts['reason']}\nIts log: {self._run.log_path}")
        elif state == "lost":
            notify(f"The process of the training died. The end of its log:\n{end_of_log(self._run)}")
        elif state == "stopped":
            notify(f"Stopped. {facts['reason']}".rstrip())

    def _show_setup(self, event: Event) -> None:
        layout = ", channels last" if event["channels_last"] else ""
        print(
            f"{event['train_images']} images to train on, {event['val_images']} to validate on, "
            f"{len(event['classes'])} classes, {event['parameters'] / 1e6:.1f} M parameters, "
            f"{event['device']} with precision {event['precision']}{layout}",
            flush=True,
        )
        for use in event.get("data_use", ()):
            print(use["text"], flush=True)
        if self._task == "classification":  # CIFAR-10 or its synthetic replacement
            print(f"one class per image: {event['data_title']}", flush=True)

    def _show_epoch(self, event: Event) -> None:
        done = event["epoch"] + 1
        if done == 1:
            what = "mIoU of the validation images." if self._task == "semantic" else "Accuracy:"
            print(f"{what} {event['convention']}")
        loss = sum(self._losses) / len(self._losses) if self._losses else None
        self._losses.clear()
        left = summary(self._run).left
        to_go = f"   {duration(left)} left" if done < self._epochs and left is not None else ""
        print(
            f"epoch {done:{len(str(self._epochs))}}/{self._epochs}   loss {number(loss, 4)}   "
            f"validation loss {number(event['loss'], 4)}   {primary_metric(event)}   "
            f"{event['images'] / event['train_seconds']:.1f} images/s{to_go}",
            flush=True,
        )
