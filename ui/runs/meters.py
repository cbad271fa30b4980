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
    tiles = [_processor(meter), _memory(meter)]
    if facts.device.startswith("cuda"):
        tiles += [_gpu(meter), _gpu_memory(meter)]
    return [*tiles, _disk(meter)]


def _processor(meter: Event) -> Tile:
    ours = meter.get("run_cpu_percent")
    note = "" if ours is None else t("meter.run_cores", cores=f"{ours / 100:.1f}", all=meter.get("cores", "—"))
    return _tile(t("meter.cpu"), _percent(meter.get("cpu_percent")), note)


def _memory(meter: Event) -> Tile:
    used, total = meter.get("memory_used_mb"), meter.get("memory_total_mb")
    ours = meter.get("run_memory_mb")
    note = "" if ours is None else t("meter.run_memory", size=_gigabytes(ours))
    return _tile(t("meter.memory"), _part(used, total), note, bad=_is_full(used, total))


def _gpu(meter: Event) -> Tile:
    celsius = meter.get("gpu_celsius")
    return _tile(t("meter.gpu"), _percent(meter.get("gpu_percent")), "" if celsius is None else f"{celsius} °C")


def _gpu_memory(meter: Event) -> Tile:
    used, total = meter.get("gpu_memory_used_mb"), meter.get("gpu_memory_total_mb")
    return _tile(t("meter.gpu_memory"), _part(used, total), "", bad=_is_full(used, total))


def _disk(meter: Event) -> Tile:
    free = meter.get("disk_free_mb")
    return _tile(
        t("meter.disk"),
        "—" if free is None else f"{_gigabytes(free)} GB",
        "",
        bad=free is not None and free < _LITTLE_DISK_MB,
    )


def _tile(what: str, value: str, note: str, *, bad: bool = False) -> Tile:
    return Tile(what, value, note, tone="bad" if bad else "", why=t("meter.unknown") if value == "—" else "")


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.0f} %"


def _part(used: float | None, total: float | None) -> str:
    """6.2 / 140 GB."""
    return "—" if used is None or total is None else f"{_gigabytes(used)} / {_gigabytes(total)} GB"


def _gigabytes(megabytes: float) -> str:
    """Two digits: 0.4, 6.2, 140."""
    amount = megabytes / 1000
    return f"{amount:.1f}" if amount < 20 else f"{amount:.0f}"


def _is_full(used: float | None, total: float | None) -> bool:
    return used is not None and bool(total) and used / (total or 1) > _FULL
