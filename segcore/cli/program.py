"""The parser of all commands, and the exit codes of errors."""

import argparse
import os
import sys
from collections.abc import Sequence

from segcore import __version__
from segcore.cli import compare, crossval, data, evaluate, lr_find, models, predict, robustness, runs, serve, train
from segcore.cli.output import DONE, FAILED, INTERRUPTED, MISTAKE, notify
from segcore.errors import NotAvailable, SegcoreError

_EXAMPLES = """\
examples
  python -m segcore train --model unet --data shapes --epochs 3
  python -m segcore predict photo.jpg --checkpoint everyday --out masks
  python -m segcore evaluate --checkpoint everyday --data DIR --map car=ignore

`python -m segcore COMMAND --help` explains a command. SEGCORE_HOME names the folder for runs, kept checkpoints
and downloads; without it that is home/ in the project. Exit codes: 0 done, 1 failed, 2 wrong usage or
configuration, 130 Ctrl-C."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        words: what follows ``python -m segcore``; None takes it from the process.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if words is None else list(words)
    try:
        arguments = _parser(training=_takes_settings(words)).parse_args(words)
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


def _takes_settings(words: Sequence[str]) -> bool:
    """Whether the command has an option for every setting of a training."""
    match list(words[:2]):
        case ["train" | "lr-find", *_]:
            return True
        case ["crossval", *rest]:
            return rest not in (["show"], ["list"])
    return False


def _parser(*, training: bool) -> argparse.ArgumentParser:
    """The parser of all commands.

    Args:
        training: whether to add the settings of a training: ``TrainConfig`` imports torch, which takes a second or two.
    """
    parser = argparse.ArgumentParser(
        prog="python -m segcore",
        description="Train, use and evaluate networks for image segmentation.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"segcore {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    models.add_options(commands.add_parser("models", help="list architectures, encoders and checkpoints"))
    train.add_options(commands.add_parser("train", help="train a network on data with masks"), with_settings=training)
    lr_find.add_options(
        commands.add_parser("lr-find", help="suggest a learning rate for a training"), with_settings=training
    )
    predict.add_options(commands.add_parser("predict", help="label every pixel of photos"))
    evaluate.add_options(commands.add_parser("evaluate", help="measure a checkpoint on data with masks"))
    robustness.add_options(commands.add_parser("robustness", help="evaluate a checkpoint on corrupted photos"))
    compare.add_options(commands.add_parser("compare", help="compare two reports of evaluate on the same images"))
    crossval.add_options(
        commands.add_parser("crossval", help="train on k splits of the data, as queued runs"), with_settings=training
    )
    runs.add_options(commands.add_parser("runs", help="list, show and stop trainings"))
    data.add_options(commands.add_parser("data", help="list datasets, check a folder for errors"))
    serve.add_options(commands.add_parser("serve", help="start the dashboard of a checkout"))
    return parser
