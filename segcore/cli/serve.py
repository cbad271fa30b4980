"""``segcore serve``: start the dashboard of a checkout."""

import argparse
import os
import sys
from pathlib import Path

from segcore.errors import NotAvailable
from segcore.paths import PROJECT, in_checkout


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``serve``."""
    parser.add_argument("--port", type=int, default=8501, help="port on 127.0.0.1 (default: %(default)s)")
    parser.set_defaults(command=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    """Replace this process by the dashboard's server, so that signals reach the server itself."""
    folder = next(filter(in_checkout, (Path.cwd(), PROJECT)), None)
    if folder is None:
        raise NotAvailable(
            "{folder} is no checkout of segcore, and the dashboard is not part of the installed package. "
            "Change to the folder of the checkout, which holds app.py and ui/, and run `segcore serve` there.",
            folder=str(Path.cwd()),
        )
    os.chdir(folder)  # Streamlit reads .streamlit/config.toml of the working directory
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(arguments.port)]
    os.execv(sys.executable, command)  # noqa: S606
