"""Options of the commands that run a checkpoint: the checkpoint, its engine, device and working side."""
# ruff: noqa: PLC0415 - torch is imported when a command runs, so that --help answers at once

import argparse
from typing import TYPE_CHECKING

from segcore.cli.output import notify, progress_line
from segcore.errors import BadCheckpoint, BadConfig

if TYPE_CHECKING:
    from segcore.inference import Predictor


def add_checkpoint_options(parser: argparse.ArgumentParser, *, or_method: bool = False) -> None:
    """Add --checkpoint, --engine, --device, --precision, --working-side; with ``or_method`` also --method."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", metavar="NAME|FILE", help="a name that `models` lists, or a .safetensors file")
    if or_method:
        source.add_argument(
            "--method",
            metavar="NAME[:P=N,…]",
            help="a method without a network and its parameters, such as otsu or slic:segments=200,compactness=5",
        )
    for flag, default, values in (
        ("--engine", "auto", "auto (the fastest), torch or openvino"),
        ("--device", "auto", "auto, cpu, mps, cuda or cuda:N"),
        ("--precision", "32", "32, bf16 or 16 bits; less than 32 is for torch"),
    ):
        parser.add_argument(flag, default=default, metavar="NAME", help=f"{values} (default: {default})")
    parser.add_argument(
        "--working-side",
        type=int,
        metavar="N",
        help="longer side in pixels to which photos are resized for the network (default: the checkpoint's)",
    )


def make_predictor(arguments: argparse.Namespace) -> "Predictor":
    """Return the predictor; a published checkpoint is downloaded first.

    Raises:
        SegcoreError: the checkpoint, engine, device or working side is invalid or not available.
    """
    from segcore.checkpoint import find_checkpoint
    from segcore.inference import open_predictor

    try:
        reference = find_checkpoint(arguments.checkpoint)
    except BadCheckpoint:
        from segcore.checkpoint import find_or_fetch_checkpoint  # imports torch

        with progress_line("bytes") as progress:
            reference = find_or_fetch_checkpoint(arguments.checkpoint, progress)
    predictor = open_predictor(
        reference,
        engine=arguments.engine,
        device=arguments.device,
        working_side=arguments.working_side,
        precision=arguments.precision,
    )
    if predictor.engine_note:
        notify(predictor.engine_note)
    return predictor


def parse_method(text: str) -> tuple[str, dict[str, int]]:
    """Parse ``slic:segments=200,compactness=5`` into a name and parameters.

    Raises:
        BadConfig: a parameter is not ``name=number``.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, int] = {}
    for part in filter(None, (each.strip() for each in rest.split(","))):
        parameter, sign, value = (each.strip() for each in part.partition("="))
        if not sign or not value.lstrip("-").isdecimal():
            raise BadConfig(
                "“{part}” is no parameter; expected name=number, as in slic:segments=200,compactness=5.", part=part
            )
        parameters[parameter] = int(value)
    return name.strip(), parameters
