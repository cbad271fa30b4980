"""What a run uses of its machine at this moment, as tiles."""

from segcore.runs import Event, Run, Summary
from ui.text import t
from ui.widgets.tiles import Tile

_FULL = 0.93
"""Share of a memory from which on it is called full: systems begin to end processes not far above."""
_LITTLE_DISK_MB = 3_000
"""A few checkpoints and nothing more."""


def meter_tiles(run: Run, facts: Summary) -> list[Tile]:
    """Processor, memory, card and disk of a run that is at work; none for one that is not, or waits for its turn.

    Which tiles there are depends on the device alone, so that nothing jumps when the first numbers come.
    """
    if facts.state not in ("starting", "running", "stopping") or not facts.device:
        return []
    told = run.last("meter") or {}
    if told.get("time", 0.0) < (facts.began or 0.0):
        told = {}  # of the process before
    tiles = [_processor(told), _memory(told)]
    if facts.device.startswith("cuda"):
        tiles += [_card(told), _card_memory(told)]
    return [*tiles, _disk(told)]


def _processor(told: Event) -> Tile:
    ours = told.get("run_cpu_percent")
    note = "" if ours is None else t("meter.run_cores", cores=f"{ours / 100:.1f}", all=told.get("cores", "—"))
    return _tile(t("meter.cpu"), _percent(told.get("cpu_percent")), note)


def _memory(told: Event) -> Tile:
    used, total = told.get("memory_used_mb"), told.get("memory_total_mb")
    ours = told.get("run_memory_mb")
    note = "" if ours is None else t("meter.run_memory", size=_gigabytes(ours))
    return _tile(t("meter.memory"), _part(used, total), note, bad=_is_full(used, total))


def _card(told: Event) -> Tile:
    warmth = told.get("gpu_celsius")
    return _tile(t("meter.gpu"), _percent(told.get("gpu_percent")), "" if warmth is None else f"{warmth} °C")


def _card_memory(told: Event) -> Tile:
    used, total = told.get("gpu_memory_used_mb"), told.get("gpu_memory_total_mb")
    return _tile(t("meter.gpu_memory"), _part(used, total), "", bad=_is_full(used, total))


def _disk(told: Event) -> Tile:
    free = told.get("disk_free_mb")
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
    """Two figures are enough: 0.4, 6.2, 140."""
    amount = megabytes / 1000
    return f"{amount:.1f}" if amount < 20 else f"{amount:.0f}"


def _is_full(used: float | None, total: float | None) -> bool:
    return used is not None and bool(total) and used / (total or 1) > _FULL
