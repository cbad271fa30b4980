"""Engines that run the network: torch on any device, or OpenVINO, which is faster on a CPU.

An engine maps one normalised image (1, C, h, w) float32 to class probabilities (K, h, w) float32, softmax included.
Arithmetic is float32 unless torch is requested to use less: with 16-bit instructions both could be faster, but labels
would differ between machines.
"""

import hashlib
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.checkpoint import Checkpoint
from segcore.errors import BadConfig, NotAvailable
from segcore.inference.conversions import conversion_folder
from segcore.inference.converter import Probabilities, convert
from segcore.inference.openvino_engine import OpenVinoEngine

ENGINES = ("auto", "torch", "openvino")
"""Names of engines."""

PRECISIONS = ("32", "bf16", "16")
"""Arithmetic of the network; bf16 and 16 are torch's mixed precision, softmax stays in 32 bits."""

_SHORT = {"bf16": torch.bfloat16, "16": torch.float16}

_logger = logging.getLogger(__name__)


class TorchEngine:
    """Run the network with torch; it is moved to the device and set to evaluation mode.

    ``name`` is for people, such as "torch (cpu)"; every engine has one.
    """

    def __init__(self, model: nn.Module, device: torch.device, precision: str = "32") -> None:
        # Channels last makes convolutions of cuDNN and oneDNN 20 to 35 % faster.
        self._layout = layout = torch.contiguous_format if device.type == "mps" else torch.channels_last
        self._device = device
        self._network = Probabilities(model).to(device).to(memory_format=layout).eval()
        self._short = _SHORT.get(precision)
        suffix = {"32": "", "bf16": ", bf16", "16": ", fp16"}[precision]
        self.name = f"torch ({device.type}{suffix})"

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map a normalised image (1, C, h, w), h and w multiples of 32, to probabilities (K, h, w)."""
        with torch.inference_mode(), self._arithmetic():
            x = torch.from_numpy(image).to(self._device).contiguous(memory_format=self._layout)
            probs: NDArray[np.float32] = self._network(x)[0].contiguous().cpu().numpy()
        return probs

    def _arithmetic(self) -> AbstractContextManager[object]:
        return nullcontext() if self._short is None else torch.autocast(self._device.type, dtype=self._short)


def make_engine(
    checkpoint: Checkpoint, engine: str = "auto", device: str = "auto", precision: str = "32", identity: str = ""
) -> tuple[TorchEngine | OpenVinoEngine, str]:
    """Return the engine for a checkpoint, and why "auto" did not take OpenVINO on the CPU; "" if it did or need not.

    Args:
        checkpoint: the network to run.
        engine: "auto": torch on a GPU if there is one, else OpenVINO, else torch on the CPU; or "torch", "openvino".
        device: "auto", "cpu", "cuda", "mps". OpenVINO runs on the CPU only.
        precision: of PRECISIONS; for less than 32 bits "auto" takes torch.
        identity: a hash of the weights, under which a conversion is cached; computed if empty.

    Raises:
        BadConfig: unknown engine, device or precision, or a combination that is not supported.
        NotAvailable: the requested engine or device is not on this computer.
    """
    if engine not in ENGINES:
        raise BadConfig("There is no engine “{name}”. Choose one of {known}.", name=engine, known=list(ENGINES))
    if precision not in PRECISIONS:
        raise BadConfig(
            "There is no precision “{name}”. Choose one of {known}.", name=precision, known=list(PRECISIONS)
        )
    chosen = torch_device(device)
    if precision == "16" and chosen.type == "cpu":
        raise BadConfig("16-bit floats are for graphics cards; on a CPU choose bf16 or 32.")
    if engine == "openvino":
        if precision != "32":
            raise BadConfig(
                "OpenVINO computes in 32 bits here, not in {precision}. Choose 32, or the engine torch.",
                precision=precision,
            )
        if device not in ("auto", "cpu"):
            raise BadConfig(
                "OpenVINO runs on the CPU here, not on “{device}”. Leave the device at auto, or choose torch.",
                device=device,
            )
        return open_converted(checkpoint, identity), ""
    if engine == "torch" or chosen.type != "cpu" or precision != "32":
        return TorchEngine(checkpoint.model, chosen, precision), ""
    try:
        return open_converted(checkpoint, identity), ""
    except NotAvailable as error:
        _logger.warning("torch runs %s: %s", checkpoint.card.name, error)
        return TorchEngine(checkpoint.model, chosen), error.message


def torch_device(name: str = "auto") -> torch.device:
    """Return the device of this name; "auto" takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        BadConfig: not a device of torch.
        NotAvailable: not on this computer.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadConfig("“{name}” is no device that torch knows. Choose auto, cpu, cuda or mps.", name=name) from error
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device.type == "cuda" and here["cuda"] and (device.index or 0) >= torch.cuda.device_count():
        raise NotAvailable(
            "There are {count} CUDA devices, so “{name}” is none of them.", count=torch.cuda.device_count(), name=name
        )
    if not here.get(device.type, False):
        raise NotAvailable("This computer has no device “{name}” that torch can use. Choose auto or cpu.", name=name)
    return device


def open_converted(checkpoint: Checkpoint, identity: str = "") -> OpenVinoEngine:
    """The engine of a network's conversion, which is made where there is none or a damaged one.

    Raises:
        NotAvailable: OpenVINO is not installed, cannot convert this network, or computes different probabilities.
    """
    folder = conversion_folder(identity or _weights_sha256(checkpoint))
    if folder.is_dir():
        try:
            return OpenVinoEngine(folder)
        except NotAvailable:
            _logger.warning("the converted network %s is damaged and is converted again", folder)
    try:
        convert(checkpoint, folder)
    except OSError as error:
        raise NotAvailable(
            "The converted network could not be written to {folder}: {error}. Choose the engine torch.",
            folder=folder.parent,
            error=error,
        ) from error
    return OpenVinoEngine(folder)


def _weights_sha256(checkpoint: Checkpoint) -> str:
    """A hash of the architecture and the weights."""
    card = checkpoint.card
    digest = hashlib.sha256(repr((card.architecture, card.options)).encode())
    state: Mapping[str, Tensor] = checkpoint.model.state_dict()
    for name, tensor in state.items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
