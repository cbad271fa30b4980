"""The parser of all commands, and the exit codes of errors."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from segcore import __version__
from segcore.cli import compare, crossval, data, evaluate, lr_find, models, predict, robustness, runs, serve, train
from segcore.cli.output import DONE, FAILED, INTERRUPTED, MISTAKE, escape_unprintable, notify
from segcore.errors import NotAvailable, SegcoreError
from segcore.runs import check_home, sweep_home

_COMMANDS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "models": (models.add_options, "list architectures, encoders and checkpoints"),
    "train": (train.add_options, "train a network on data with masks"),
    "lr-find": (lr_find.add_options, "suggest a learning rate for a training"),
    "predict": (predict.add_options, "label every pixel of photos"),
    "evaluate": (evaluate.add_options, "measure a checkpoint on data with masks"),
    "robustness": (robustness.add_options, "evaluate a checkpoint on corrupted photos"),
    "compare": (compare.add_options, "compare two reports of evaluate on the same images"),
    "crossval": (crossval.add_options, "train on k splits of the data, as queued runs"),
    "runs": (runs.add_options, "list, show and stop trainings"),
    "data": (data.add_options, "list datasets, check a folder for errors"),
    "serve": (serve.add_options, "start the dashboard of a checkout"),
}
_TRAINING = ("train", "lr-find", "crossval")
"""Commands that take the settings of a training."""
_EXAMPLES = """\
examples
  python -m segcore train --model unet --data shapes --epochs 3
  python -m segcore predict photo.jpg --checkpoint everyday --out masks
  python -m segcore evaluate --checkpoint everyday --data DIR --map car=ignore

`python -m segcore COMMAND --help` explains a command. SEGCORE_HOME names the folder for runs, kept checkpoints
and downloads; without it that is home/ in the project. Exit codes: 0 done, 1 failed, 2 wrong usage or
configuration, 130 Ctrl-C."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command, by default that of the process, and return the exit code."""
    words = sys.argv[1:] if words is None else list(words)
    escape_unprintable()
    try:
        _prepare_home(words)
        words = runs.with_dashed_name(words)
        arguments = _parser(with_settings=_takes_settings(words)).parse_args(words)
        code: int = arguments.command(arguments)
        sys.stdout.flush()  # here, where a closed pipe can still be caught
        return code
    except SegcoreError as error:
        notify(str(error))
        return FAILED if isinstance(error, NotAvailable) else MISTAKE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the output has exited, as `head` does. Python would report it again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:  # a full disk, a read-only folder: the system's own message is the best
        notify(f"{error}.")
        return FAILED
    except Exception as error:
        if os.environ.get("SEGCORE_TRACEBACK"):
            raise
        notify(
            f"{type(error).__name__}: {error}. With SEGCORE_TRACEBACK=1 in the environment the traceback is printed."
        )
        return FAILED


def _prepare_home(words: Sequence[str]) -> None:
    """Check the user's folder, which options are looked up in, and clear what killed processes have left in it.

    Raises:
        BadConfig: it is no folder, or cannot be read.
    """
    if not words or {"-h", "--help", "--version"} & set(words):
        return
    warning = check_home()
    if warning is not None:
        notify(warning)
    sweep_home()


def _takes_settings(words: Sequence[str]) -> bool:
    """Whether the command has an option for every setting of a training."""
    return bool(words) and words[0] in _TRAINING and words[:2] not in (["crossval", "show"], ["crossval", "list"])


def _parser(*, with_settings: bool) -> argparse.ArgumentParser:
    """The parser of all commands; the settings of a training import torch, so they are added only when needed."""
    parser = argparse.ArgumentParser(
        prog="python -m segcore",
        description="Train, use and evaluate networks for image segmentation.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"segcore {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (add_options, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text)
        add_options(command)
        if name in _TRAINING:
            train.add_sources(command, with_settings=with_settings)
    return parser
