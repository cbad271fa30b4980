"""``lr-find``: suggest a learning rate for a training, from one sweep over rising rates."""
# ruff: noqa: PLC0415 - the settings bring torch with them, so they are imported only when the command runs

import argparse

from segcore.cli.output import DONE, FAILED, notify, number, print_json, print_table
from segcore.cli.train import add_accept, print_warnings

_LINES = 24
"""Maximum number of printed lines of the curve."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lr-find``."""
    parser.usage = "python -m segcore lr-find [--model NAME] [--data DIR …] [any other setting of train]"
    parser.description = (
        "Raise the learning rate at every step of one short sweep, record the loss, and suggest a rate: where the loss "
        "falls fastest, or a tenth of where it is lowest, whichever is smaller. Uses the settings of `train`."
    )
    parser.add_argument("--from", dest="lowest", type=float, metavar="X", help="lowest rate (default: 1e-6)")
    parser.add_argument("--to", dest="highest", type=float, metavar="X", help="highest rate (default: 10)")
    parser.add_argument("--steps", type=int, metavar="N", help="steps of the sweep (default: 120)")
    parser.add_argument("--again", action="store_true", help="repeat a sweep that was done before")
    add_accept(parser)
    parser.add_argument("--json", action="store_true", help="print the curve and the suggestion as JSON")
    parser.set_defaults(command=_find)


def _find(arguments: argparse.Namespace) -> int:
    from segcore.cli.jobs import answer
    from segcore.cli.settings import typed_settings
    from segcore.train import data_folders, make_config
    from segcore.train.checks.lr_finder import question, rates_between
    from segcore.train.checks.validation import require_sound_data
    from segcore.train.training_data import open_data

    config = make_config(typed_settings(arguments))
    open_data(config)  # reports problems of the data now
    print_warnings(require_sound_data(config, arguments.accept))
    limits = {name: getattr(arguments, name) for name in ("lowest", "highest", "steps")}
    given = {name: value for name, value in limits.items() if value is not None}
    settings = question(config, arguments.accept, **given)
    rates_between(settings["lowest"], settings["highest"], settings["steps"])
    found = answer("lr-find", settings, files=data_folders(config), again=arguments.again)
    if arguments.json:
        print_json(found)
        return DONE if found["rate"] is not None else FAILED
    every = max(1, len(found["rates"]) // _LINES)
    rows = list(zip(found["rates"], found["losses"], found["smoothed"], strict=True))[::every]
    print_table(
        ("RATE", "LOSS", "SMOOTHED"), [(f"{rate:.1e}", number(loss, 4), number(mean, 4)) for rate, loss, mean in rows]
    )
    if found["rate"] is None:
        notify("The loss did not fall at any rate. Check the data, or sweep more steps with --steps.")
        return FAILED
    rule = "where the loss falls fastest" if found["rule"] == "steepest" else "a tenth of where the loss is lowest"
    print(f"\nsuggested: --learning-rate {found['rate']:g} ({rule})")
    return DONE
