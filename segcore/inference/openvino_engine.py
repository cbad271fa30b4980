"""The engine that runs a converted network with OpenVINO on the CPU, without torch."""

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segcore.errors import NotAvailable

NETWORK, PROBE = "net.xml", "probe.npz"
"""Files of a conversion: OpenVINO's network, and what torch computed for `probe_image`s."""

AGREEMENT = 1e-3
"""Maximum difference of a converted network from torch in any probability; measured are 1e-6 to 1e-5."""

PROBE_SIZES = ((64, 96), (128, 64))
"""(h, w) of the images on which a conversion is compared with torch: two, as tracing can silently fix a size."""

_openvino_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="openvino")


class OpenVinoEngine:
    """Run a network that was converted by ``conversion.convert``: (1, C, h, w) → probabilities (K, h, w), float32.

    Everything runs in one thread reserved for OpenVINO, which installs a signal stack in the calling thread and frees
    it with the network: in the main thread the next signal would then crash the program.

    Raises:
        NotAvailable: OpenVINO is not installed, or the conversion is damaged or computes other probabilities than torch
            did.
    """

    name = "OpenVINO (cpu)"

    def __init__(self, conversion: Path) -> None:
        _openvino_thread.submit(self._open, conversion).result()

    def __call__(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map a normalised image (1, C, h, w), h and w multiples of 32, to probabilities (K, h, w)."""
        return _openvino_thread.submit(self._infer, image).result()

    def _open(self, conversion: Path) -> None:
        core = import_openvino().Core()
        settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        try:
            network = core.read_model(conversion / NETWORK)
            self._request = core.compile_model(network, "CPU", settings).create_infer_request()
            with np.load(conversion / PROBE, allow_pickle=False) as probe:
                channels, wanted = int(probe["channels"]), [probe[str(index)] for index in range(len(PROBE_SIZES))]
        except (RuntimeError, OSError, ValueError, KeyError, EOFError) as error:
            raise NotAvailable(
                "The converted network {path} is damaged ({error}). Delete this folder.", path=conversion, error=error
            ) from error
        for index, probabilities in enumerate(wanted):
            got = self._infer(probe_image(index, channels))
            if got.shape != probabilities.shape or not np.abs(got - probabilities).max() <= AGREEMENT:
                raise NotAvailable(
                    "OpenVINO computes other probabilities than torch for this network. Choose the engine torch."
                )

    def _infer(self, image: NDArray[np.float32]) -> NDArray[np.float32]:
        self._request.infer([image])
        probs: NDArray[np.float32] = self._request.get_output_tensor().data[0].copy()
        return probs


def probe_image(index: int, channels: int) -> NDArray[np.float32]:
    """(1, C, h, w) noise of PROBE_SIZES[index], always the same."""
    noise = np.random.default_rng(index).standard_normal((1, channels, *PROBE_SIZES[index]))
    return noise.astype(np.float32)


def import_openvino() -> Any:
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
