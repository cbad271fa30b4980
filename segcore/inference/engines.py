"""Engines that run the network: torch on any device, or OpenVINO, which is faster on a CPU.

An engine maps one normalised image (1, C, h, w) float32 to class probabilities (K, h, w) float32, softmax included.
Arithmetic is float32 unless torch is requested to use less: with 16-bit instructions both could be faster, but labels
would differ between machines.
"""

import hashlib
import logging
import shutil
import sys
import tempfile
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore import paths
from segcore.checkpoint import Checkpoint
from segcore.errors import BadConfig, NotAvailable

ENGINES = ("auto", "torch", "openvino")
"""Names of engines."""

PRECISIONS = ("32", "bf16", "16")
"""Arithmetic of the network; bf16 and 16 are torch's mixed precision, softmax stays in 32 bits."""

_SHORT = {"bf16": torch.bfloat16, "16": torch.float16}

_AGREEMENT = 1e-3
"""Maximum difference of a converted network from torch in any probability; measured are 1e-6 to 1e-5."""

_PROBE_SIZES = ((64, 96), (128, 64))
_MAX_CACHED = 8
_logger = logging.getLogger(__name__)
_openvino_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="openvino")


class _Probabilities(nn.Module):
    """The network with softmax, with plain tensors as input and output for the converter."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        probs: Tensor = self.model(x).logits.float().softmax(dim=1)
        return probs


class TorchEngine:
    """Run the network with torch; it is moved to the device and set to evaluation mode.

    ``name`` is for people, such as "torch (cpu)"; every engine has one.
    """

    def __init__(self, model: nn.Module, device: torch.device, precision: str = "32") -> None:
        # Channels last makes convolutions of cuDNN and oneDNN 20 to 35 % faster.
        self._layout = layout = torch.contiguous_format if device.type == "mps" else torch.channels_last
        self._device = device
        self._network = _Probabilities(model).to(device).to(memory_format=layout).eval()
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


class OpenVinoEngine:
    """Run the network with OpenVINO on the CPU.

    The network is traced once for images of any size, which takes one to two seconds; the result is cached in
    ``home()/engines`` and loads in a tenth of a second. Before use it has to agree with torch on noise of two sizes,
    as tracing can silently fix a size.

    Everything runs in one thread reserved for OpenVINO, which installs a signal stack in the calling thread and frees
    it with the network: in the main thread the next signal would then crash the program.

    Raises:
        NotAvailable: OpenVINO is not installed, cannot convert this network, or computes different probabilities.
    """

    name = "OpenVINO (cpu)"

    def __init__(self, checkpoint: Checkpoint) -> None:
        _openvino_thread.submit(self._open, checkpoint).result()

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Compute as ``TorchEngine`` does."""
        return _openvino_thread.submit(self._infer, image).result()

    def _open(self, checkpoint: Checkpoint) -> None:
        openvino = _import_openvino()
        network = _Probabilities(checkpoint.model).to("cpu").eval()
        channels = checkpoint.card.in_channels
        cached = paths.home() / "engines" / _fingerprint(checkpoint, openvino.__version__)
        if cached.is_dir():
            try:
                self._start(openvino, openvino.Core().read_model(cached / "net.xml"))
                self._check(network, channels)
                return
            except (RuntimeError, NotAvailable):  # damaged, or the network's code has changed since
                shutil.rmtree(cached, ignore_errors=True)
        try:
            converted = _convert(openvino, network, channels)
            self._start(openvino, converted)
        except Exception as error:  # the converter's errors have no common base class
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise NotAvailable(
                "OpenVINO cannot run the network “{network}” ({reason}). Choose the engine torch.",
                network=checkpoint.card.architecture,
                reason=reason[:200],
            ) from error
        self._check(network, channels)
        try:
            _cache(openvino, converted, cached)
        except OSError as error:
            _logger.warning("the converted network could not be cached as %s: %s", cached, error)

    def _start(self, openvino: Any, converted: Any) -> None:
        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        self._request = openvino.Core().compile_model(converted, "CPU", settings).create_infer_request()

    def _infer(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self._request.infer([image])
        probs: NDArray[np.float32] = self._request.get_output_tensor().data[0].copy()
        return probs

    def _check(self, network: nn.Module, channels: int) -> None:
        noise = torch.Generator().manual_seed(0)
        for size in _PROBE_SIZES:
            x = torch.randn(1, channels, *size, generator=noise)
            with torch.inference_mode():
                wanted = network(x)[0].numpy()
            got = self._infer(x.numpy())
            if got.shape != wanted.shape or not np.abs(got - wanted).max() <= _AGREEMENT:
                raise NotAvailable(
                    "OpenVINO computes other probabilities than torch for this network. Choose the engine torch."
                )


def make_engine(
    checkpoint: Checkpoint, engine: str = "auto", device: str = "auto", precision: str = "32"
) -> tuple[TorchEngine | OpenVinoEngine, str]:
    """Return the engine for a checkpoint, and why "auto" did not take OpenVINO on the CPU; "" if it did or need not.

    Args:
        checkpoint: the network to run.
        engine: "auto": torch on a GPU if there is one, else OpenVINO, else torch on the CPU; or "torch", "openvino".
        device: "auto", "cpu", "cuda", "mps". OpenVINO runs on the CPU only.
        precision: of PRECISIONS; for less than 32 bits "auto" takes torch.

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
        return OpenVinoEngine(checkpoint), ""
    if engine == "torch" or chosen.type != "cpu" or precision != "32":
        return TorchEngine(checkpoint.model, chosen, precision), ""
    try:
        return OpenVinoEngine(checkpoint), ""
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


def _import_openvino() -> Any:
    """Import OpenVINO without its telemetry, which would send reports to its makers on import.

    OpenVINO uses a stub when the package ``openvino_telemetry`` cannot be imported.
    """
    if find_spec("openvino") is None:
        raise NotAvailable(
            "OpenVINO is not installed. Install it with `pip install openvino`, or choose the engine torch."
        )
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: "cannot be imported"
    try:
        import openvino  # noqa: PLC0415  # optional, and slow to import
    except ImportError as error:
        raise NotAvailable(
            "OpenVINO is installed but cannot be loaded ({error}). Choose the engine torch.", error=error
        ) from error
    return openvino


def _convert(openvino: Any, network: nn.Module, channels: int) -> Any:
    example = torch.zeros(1, channels, 64, 64)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing is deprecated, but OpenVINO has no other way to dynamic sizes
        # check_trace would trace twice to compare; OpenVinoEngine compares more sizes.
        traced = torch.jit.trace(network, example, check_trace=False)
        converted = openvino.convert_model(traced, example_input=example)
    converted.reshape([1, channels, -1, -1])
    return converted


def _cache(openvino: Any, converted: Any, target: Path) -> None:
    """Write the network atomically and delete all but the newest few."""
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=".arriving-"))
    try:
        openvino.save_model(converted, scratch / "net.xml", compress_to_fp16=False)
        scratch.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    conversions = [path for path in target.parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for old in sorted(conversions, key=lambda path: path.stat().st_mtime, reverse=True)[_MAX_CACHED:]:
        shutil.rmtree(old, ignore_errors=True)


def _fingerprint(checkpoint: Checkpoint, openvino_version: str) -> str:
    """Return a hash of the weights, the architecture and the versions of torch and OpenVINO."""
    card = checkpoint.card
    digest = hashlib.sha256(repr((card.architecture, card.options, torch.__version__, openvino_version)).encode())
    state: Mapping[str, Tensor] = checkpoint.model.state_dict()
    for name, tensor in state.items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]
