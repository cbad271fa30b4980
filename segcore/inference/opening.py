"""Opening the predictor of a checkpoint's file with as little as possible."""

import sys
from pathlib import Path

import pynvml

from segcore.checkpoint import CheckpointRef, file_sha256
from segcore.errors import NotAvailable
from segcore.inference.conversions import find_conversion
from segcore.inference.predictor import INFERENCE_LOCK, Predictor


def open_predictor(
    ref: CheckpointRef,
    *,
    engine: str = "auto",
    device: str = "auto",
    working_side: int | None = None,
    precision: str = "32",
) -> Predictor:
    """The predictor of a checkpoint's file; arguments as for `Predictor`.

    On a computer without an accelerator a converted network runs without torch, whose import takes seconds and
    hundreds of megabytes.

    Raises:
        BadCheckpoint: the file is wrong.
        BadConfig, NotAvailable: as for `Predictor`.
    """
    on_cpu = device == "cpu" or (device == "auto" and not _may_have_accelerator())
    if engine in ("auto", "openvino") and precision == "32" and on_cpu:
        with INFERENCE_LOCK:
            conversion = find_conversion(ref)
        try:
            if conversion is not None:
                return Predictor(conversion, working_side=working_side)
        except NotAvailable:
            pass  # torch finds the reason, or converts again what is damaged
    from segcore.checkpoint import load_checkpoint  # noqa: PLC0415 - needs torch

    checkpoint, identity = load_checkpoint(ref), file_sha256(ref)
    if CheckpointRef.of(ref.path) != ref:  # replaced meanwhile, so the hash may be that of other weights
        identity = ""
    return Predictor(
        checkpoint, engine=engine, device=device, working_side=working_side, precision=precision, identity=identity
    )


def _may_have_accelerator() -> bool:
    """Whether torch might find a GPU: Apple's, AMD's or NVIDIA's. Torch itself decides then."""
    if sys.platform == "darwin" or Path("/dev/kfd").exists():
        return True
    try:
        pynvml.nvmlInit()
        return bool(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:  # no driver
        return False
