"""Converts a network for OpenVINO: ``python -m segcore.inference.converter FILE`` for a checkpoint's file."""

import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from segcore.checkpoint import Checkpoint, CheckpointRef, file_sha256, load_checkpoint
from segcore.errors import NotAvailable, SegcoreError
from segcore.inference.conversions import cache_conversion, conversion_folder, scratch_folder
from segcore.inference.openvino_engine import NETWORK, PROBE, PROBE_SIZES, import_openvino, probe_image


class Probabilities(nn.Module):
    """A network with softmax, with plain tensors as input and output: (N, C, h, w) → (N, K, h, w) float32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Class probabilities."""
        probs: Tensor = self.model(x).logits.float().softmax(dim=1)
        return probs


def convert(checkpoint: Checkpoint, folder: Path) -> None:
    """Write the conversion of a network to its folder, for images of any size, with what torch computes for a check.

    Raises:
        NotAvailable: OpenVINO is not installed or cannot convert this network.
        OSError: the folder cannot be written.
    """
    openvino = import_openvino()
    network, channels = Probabilities(checkpoint.model).to("cpu").eval(), checkpoint.card.in_channels
    example = torch.zeros(1, channels, 64, 64)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # tracing is deprecated, but OpenVINO has no other way to dynamic sizes
            # check_trace would trace twice to compare; OpenVinoEngine compares more sizes.
            traced = torch.jit.trace(network, example, check_trace=False)
            converted = openvino.convert_model(traced, example_input=example)
        converted.reshape([1, channels, -1, -1])
    except Exception as error:  # the converter's errors have no common base class
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise NotAvailable(
            "OpenVINO cannot run the network “{network}” ({reason}). Choose the engine torch.",
            network=checkpoint.card.architecture,
            reason=reason[:200],
        ) from error
    with torch.inference_mode():
        images = [torch.from_numpy(probe_image(index, channels)) for index in range(len(PROBE_SIZES))]
        wanted = {str(index): network(image)[0].numpy() for index, image in enumerate(images)}
    scratch = scratch_folder()
    try:
        openvino.save_model(converted, scratch / NETWORK, compress_to_fp16=False)
        np.savez(scratch / PROBE, channels=channels, **wanted)
        cache_conversion(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main() -> int:
    """Convert the checkpoint's file that is named on the command line; the exit code is 1 if that is impossible."""
    ref = CheckpointRef.of(sys.argv[1])
    try:
        convert(load_checkpoint(ref), conversion_folder(file_sha256(ref)))
    except (SegcoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
