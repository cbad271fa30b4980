"""``runs export``: a run as CSV, TensorBoard events or an HTML report."""
# ruff: noqa: PLC0415 - the exporters import torch and tensorboardX, which --help does not need

import argparse
from pathlib import Path

from segcore import text
from segcore.cli.output import DONE, check_writable, print_json
from segcore.durable import write_whole
from segcore.errors import BadConfig
from segcore.runs import Run


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``runs export NAME``."""
    parser.description = (
        "Write a run as CSV (every logged number), as a TensorBoard event file (open it with "
        "`tensorboard --logdir DIR`), or as a report in one self-contained HTML file. A file of an earlier export "
        "is replaced."
    )
    parser.add_argument("--to", choices=("tensorboard", "csv", "html"), required=True, help="format")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="the file, or for tensorboard the folder of all runs (default: NAME.csv, NAME.html, tensorboard/)",
    )
    parser.add_argument(
        "--lang", choices=text.languages(), default=text.DEFAULT, help="language of the report (default: %(default)s)"
    )


def export(arguments: argparse.Namespace) -> int:
    """Write the file and print its path."""
    run: Run = arguments.run
    if arguments.to == "tensorboard":
        from segcore.export.tensorboard import write_events

        folder = arguments.out or Path("tensorboard")
        if folder.is_file():
            raise BadConfig(
                "--out {folder} is a file; expected a folder, in which {name} gets a folder of its own.",
                folder=folder,
                name=run.name,
            )
        file = write_events(run, folder)
    else:
        from segcore.export.run_report import html_report
        from segcore.export.spreadsheet import as_csv

        file = arguments.out or Path(f"{run.name}.{arguments.to}")
        check_writable(file, "--out", f"{run.name}.csv")
        write_whole(file, as_csv(run) if arguments.to == "csv" else html_report(run, language=arguments.lang))
    size = file.stat().st_size
    if arguments.json:
        print_json({"name": run.name, "path": str(file.resolve()), "bytes": size})
        return DONE
    print(f"{file} ({size / 1e6:.1f} MB)")
    if arguments.to == "tensorboard":
        print(f"tensorboard --logdir {file.parent.parent} --samples_per_plugin images=0")
    return DONE
