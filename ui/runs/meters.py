"""What a run uses of its machine at this moment, as tiles."""

from segcore.runs import Event, Run, Summary
from ui.text import t
from ui.widgets.tiles import Tile

_FULL = 0.93
"""Share of memory in use from which a tile turns red: not far above, systems kill processes."""
_LITTLE_DISK_MB = 3_000
"""Room for a few checkpoints only."""


def meter_tiles(run: Run, facts: Summary) -> list[Tile]:
    """Processor, memory, GPU and disk of an active run; empty for one that has ended or waits.

    The set of tiles depends on the device alone, so that nothing jumps when the first numbers arrive.
    """
    if facts.state not in ("starting", "running", "stopping") or not facts.device:
        return []
    meter = run.last("meter") or {}
    if meter.get("time", 0.0) < (facts.began or 0.0):
        meter = {}  # of the process before the last start
    tiles = [
        _tile(t("meter.cpu"), _percent(meter.get("cpu_percent")), _cores(meter)),
        _memory_tile(t("meter.memory"), meter, "memory", _own_memory(meter)),
    ]
    if facts.device.startswith("cuda"):
        celsius = meter.get("gpu_celsius")
        heat = "" if celsius is None else f"{celsius} °C"
        tiles += [
            _tile(t("meter.gpu"), _percent(meter.get("gpu_percent")), heat),
            _memory_tile(t("meter.gpu_memory"), meter, "gpu_memory", ""),
        ]
    free = meter.get("disk_free_mb")
    is_little = free is not None and free < _LITTLE_DISK_MB
    return [*tiles, _tile(t("meter.disk"), "—" if free is None else f"{_gigabytes(free)} GB", "", bad=is_little)]


def _cores(meter: Event) -> str:
    """The number of cores that the run keeps busy."""
    percent = meter.get("run_cpu_percent")
    if percent is None:
        return ""
    return t("meter.run_cores", cores=f"{percent / 100:.1f}", all=meter.get("cores", "—"))


def _own_memory(meter: Event) -> str:
    size = meter.get("run_memory_mb")
    return "" if size is None else t("meter.run_memory", size=_gigabytes(size))


def _memory_tile(what: str, meter: Event, name: str, note: str) -> Tile:
    """6.2 / 140 GB, red when it is nearly full."""
    used, total = meter.get(f"{name}_used_mb"), meter.get(f"{name}_total_mb")
    if used is None or total is None:
        return _tile(what, "—", note)
    is_full = total > 0 and used / total > _FULL
    return _tile(what, f"{_gigabytes(used)} / {_gigabytes(total)} GB", note, bad=is_full)


def _tile(what: str, value: str, note: str, *, bad: bool = False) -> Tile:
    unknown = t("meter.unknown") if value == "—" else ""
    return Tile(what, value, note, tone="bad" if bad else "", why=unknown)


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} %"


def _gigabytes(megabytes: float) -> str:
    """Two digits: 0.4, 6.2, 140."""
    amount = megabytes / 1000
    return f"{amount:.1f}" if amount < 20 else f"{amount:.0f}"
