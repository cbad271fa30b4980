"""How long a prediction will take, from how long earlier ones took on this computer.

A prediction has two costs: the network, by the pixels that go through it, and the decision, by the pixels of the photo
and the number of classes. Both are measured with every photo. The last measurement of each architecture is kept in
``home()/speeds.json``, so that there is an estimate before the first photo too.
"""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from segcore import paths
from segcore.checkpoint import CheckpointCard
from segcore.data import working_size as working_size_of
from segcore.durable import write_whole
from segcore.inference.tiling import network_pixels

_MAX_KEPT = 100
_lock = threading.Lock()
_measured: dict[str, "Speed"] = {}


@dataclass(frozen=True)
class Speed:
    """Seconds per pixel of the network's input, and per pixel of the photo and class."""

    network: float
    decision: float

    @classmethod
    def of(cls, network_seconds: float, network_px: int, seconds: float, photo_px_classes: int) -> "Speed":
        """The speed of one prediction that took ``seconds``, of which the network took ``network_seconds``."""
        return cls(network_seconds / network_px, max(0.0, seconds - network_seconds) / photo_px_classes)


def note_speed(card: CheckpointCard, speed: Speed) -> None:
    """Keep a measurement for `estimated_seconds`; a file that cannot be written is no error."""
    key = _key(card)
    with _lock:
        before = _measured.get(key)
        _measured[key] = speed
        if before is not None and 0.5 < speed.network / max(before.network, 1e-12) < 2:
            return  # written before, and still near enough for a first estimate
        kept = {**_stored(), key: asdict(speed)}
        try:
            write_whole(_path(), json.dumps(dict(list(kept.items())[-_MAX_KEPT:]), indent=1).encode())
        except OSError:
            return


def estimated_seconds(card: CheckpointCard, size: tuple[int, int], side: int) -> float | None:
    """The time for a photo of (height, width) whose longer side the network gets at ``side`` pixels; None: unknown."""
    key = _key(card)
    with _lock:
        speed = _measured.get(key)
        if speed is None:
            try:
                speed = _measured[key] = Speed(**_stored()[key])
            except (KeyError, TypeError):
                return None
    seconds = speed.network * network_pixels(working_size_of(size, side))
    return seconds + speed.decision * size[0] * size[1] * card.num_classes


def _key(card: CheckpointCard) -> str:
    return f"{card.architecture} {card.parameters} {card.num_classes}"


def _path() -> Path:
    return paths.home() / "speeds.json"


def _stored() -> dict[str, dict[str, float]]:
    try:
        stored = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}
