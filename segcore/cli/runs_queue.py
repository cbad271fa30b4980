"""``runs queue`` and ``runs move``: the runs that use or wait for each device, and their order."""

import argparse
from typing import Any

from segcore.cli.output import DONE, print_json, print_result, print_table
from segcore.runs import devices, limit, move, set_limit, using, waiting
from segcore.runs.queue import MOST_AT_ONCE

_PLACES = {"front": -1_000_000, "up": -1, "down": 1, "back": 1_000_000}


def add_queue_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``runs queue``."""
    parser.add_argument("--device", default="", metavar="DEVICE", help="cpu, cuda:0 …")
    about = f"allow 1 to {MOST_AT_ONCE} runs to use the device at once"
    parser.add_argument("--limit", type=int, metavar="N", help=about)


def add_move_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``runs move NAME``."""
    parser.add_argument("where", choices=_PLACES, help="new position in the queue")


def queue_command(arguments: argparse.Namespace) -> int:
    """Print the runs that use each device and those that wait for it."""
    if arguments.limit is not None:
        set_limit(arguments.device or "cpu", arguments.limit)
    names = [arguments.device] if arguments.device else devices()
    found: list[dict[str, Any]] = [
        {"device": name, "limit": limit(name), "using": using(name), "waiting": waiting(name)}
        for name in names
        if arguments.device or using(name) or waiting(name)
    ]
    if arguments.json:
        print_json(found)
    elif found:
        rows = [
            (each["device"], each["limit"], " ".join(each["using"]) or "-", " ".join(each["waiting"]) or "-")
            for each in found
        ]
        print_table(("DEVICE", "AT ONCE", "RUNNING", "WAITING, THE NEXT ONE FIRST"), rows)
    else:
        print("No run uses a device or waits for one.")
    return DONE


def move_command(arguments: argparse.Namespace) -> int:
    """Change the order of the waiting runs."""
    run = arguments.run
    move(run, _PLACES[arguments.where])
    device = next((name for name in devices() if run.name in waiting(name)), "")
    line = waiting(device) if device else []
    started = f"Run {run.name} no longer waits: it has its device."
    text = f"Queue of {device}: {', '.join(line)}." if line else started
    return print_result({"name": run.name, "device": device, "waiting": line}, text, as_json=arguments.json)
