"""What ended a run, cause by cause: what happened, what is likely behind it, and what can be done at one press.

The worker names the cause and gives facts (see `segcore.train.process.failures`); a run that was lost could say
nothing. Any fact may be missing, in runs of an older version for instance: then the run's plan says it, or
nobody does ("—").
"""

import shlex
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from segcore.coach.advice import rounded
from segcore.errors import read_reason
from segcore.formatting import byte_size
from segcore.runs import Event, Run
from ui.text import plain, t, translated
from ui.widgets import run_text

_MEMORY_WAS_FULL = 0.9
"""Share of the machine's memory at the last look, from which on memory is the likely cause of a sudden end."""
_SMALLEST = 32
"""Side of the training crops that every network takes."""


@dataclass(frozen=True)
class Press:
    """A button.

    Attributes:
        label: what it does.
        changes: settings with which the run goes on.
        is_new: whether it opens the Train page with the changes instead: these settings cannot change on the way.
    """

    label: str
    changes: Mapping[str, Any]
    is_new: bool = False


@dataclass(frozen=True)
class Card:
    """What a reader is told.

    Attributes:
        happened: one sentence.
        likely: the likely cause, in one or two.
        presses: what can be done, the most promising first.
        command: something to type in a shell, or nothing.
    """

    happened: str
    likely: str
    presses: tuple[Press, ...]
    command: str = ""


class Known:
    """Whatever is known about an ending.

    Attributes:
        run: that ended.
        cause: a word of the worker's, or of `Run.cause`.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cause = run.cause()
        self.word: Event = run.last("state") or {}
        self.facts: Mapping[str, Any] = self.word.get("facts") or {}

    @cached_property
    def plan(self) -> dict[str, Any]:
        """The settings that hold now."""
        return self.run.plan

    @property
    def reason(self) -> str:
        """The worker's own sentence, in the reader's language; empty where it could not say one."""
        return translated(read_reason(self.word))

    def setting(self, name: str, otherwise: Any) -> Any:
        """What a setting was when it ended."""
        return self.facts.get(name, self.plan.get(name, otherwise))

    def shown(self, name: str) -> str:
        """A fact as a text of unknown origin; "—" where nobody knows it."""
        value = self.facts.get(name)
        if value is None:
            return "—"
        return plain(", ".join(map(str, value)) if isinstance(value, list) else str(value))

    @property
    def place(self) -> str:
        """Where it would go on."""
        epoch, step = self.facts.get("saved_epoch"), self.facts.get("saved_step")
        if epoch is None and self.run.resume_path.exists():
            validation = self.run.last("val")
            return t("failure.place.known") if validation is None else self._after(validation["epoch"] + 1)
        if epoch is None:
            return t("failure.place.beginning")
        return t("failure.place.within", epoch=epoch + 1, step=step) if step else self._after(epoch)

    @staticmethod
    def _after(epochs: int) -> str:
        return t("failure.place.after", epoch=epochs)


def card_of(known: Known) -> Card:
    """The card for the cause of an ending."""
    return _CARDS.get(known.cause, _error)(known)


# --- the training itself ----------------------------------------------------------------------------------------------


def _nan(known: Known) -> Card:
    step = known.run.last("step") or {}
    rate = float(known.setting("learning_rate", 0.0))
    happened = t(
        "failure.happened.nan",
        epoch=step["epoch"] + 1 if "epoch" in step else "—",
        step=step.get("step", "—"),
        rate=f"{rate:g}" if rate else "—",
    )
    lower = [
        (_change(t("failure.rate", rate=f"{rounded(rate / n):g}"), learning_rate=rounded(rate / n))) for n in (10, 2)
    ]
    back = _change(
        t("failure.roll_back", rate=f"{rounded(rate / 2):g}"), learning_rate=rounded(rate / 2), on_nan="roll_back"
    )
    return Card(_or_said(known, happened), t("failure.cause.nan"), (*lower, back) if rate else (_go_on(),))


def _out_of_memory(known: Known) -> Card:
    batch, accumulate = int(known.setting("batch_size", 1)), int(known.setting("accumulate", 1))
    size = int(known.setting("size", 256))
    halved = {"batch_size": batch // 2, "accumulate": 2 * accumulate}
    smaller = max(_SMALLEST, size // 2 // _SMALLEST * _SMALLEST)
    presses = [Press(t("failure.smaller", size=smaller), {"size": smaller}, is_new=True)] if smaller < size else []
    if batch > 1:
        half = _change(t("failure.half_batch", batch=batch // 2, accumulate=2 * accumulate), **halved)
        alone = _change(t("failure.halve_alone"), **halved, on_out_of_memory="halve_batch")
        presses = [half, alone, *presses]
    return Card(
        t("failure.happened.out_of_memory", batch=batch, size=size), t("failure.cause.out_of_memory"), tuple(presses)
    )


# --- the data ---------------------------------------------------------------------------------------------------------


def _data_vanished(known: Known) -> Card:
    file = known.facts.get("file")
    is_back = bool(file) and Path(str(file)).exists()
    likely = t("failure.cause.data_back") if is_back else t("failure.cause.data_vanished")
    happened = t("failure.happened.data_vanished", file=known.shown("file"))
    return Card(_or_said(known, happened), likely, (_go_on(),))


def _unknown_label(known: Known) -> Card:
    values = known.shown("values") if "values" in known.facts else known.shown("value")
    happened = t("failure.happened.unknown_label", file=known.shown("file"), values=values)
    classes = known.facts.get("classes") or ()
    likely = t("failure.cause.unknown_label", classes=plain(", ".join(map(str, classes))) or "—")
    if known.facts.get("kind") in ("jpeg_mask", "colour_mask"):  # not a value, the whole file is none
        happened, likely = plain(known.reason), t("failure.cause.not_labels")
    return Card(_or_said(known, happened), likely, (_go_on(t("failure.mended")),), command=_check(known))


def _data(known: Known) -> Card:
    return Card(_said(known), t("failure.cause.data"), (_go_on(t("failure.mended")), _edit()), command=_check(known))


def _loader(known: Known) -> Card:
    workers = int(known.setting("workers", 0))
    presses = [_change(t("failure.no_workers"), workers=0)] if workers else [_go_on()]
    if workers > 1:
        presses.append(_change(t("failure.workers", workers=workers // 2), workers=workers // 2))
    return Card(t("failure.happened.loader", workers=workers), t("failure.cause.loader"), tuple(presses))


# --- the machine ------------------------------------------------------------------------------------------------------


def _disk_full(known: Known) -> Card:
    run = known.run
    files = (run.resume_path, run.checkpoint_path("last"))
    needed = sum(path.stat().st_size for path in files if path.exists())
    happened = t(
        "failure.happened.disk_full",
        free=byte_size(shutil.disk_usage(run.path).free),
        needed=byte_size(needed) if needed else "—",  # a new file is written before the old one goes
    )
    return Card(happened, t("failure.cause.disk_full"), (_go_on(),))


def _killed(known: Known) -> Card:
    pid = (known.run.last("setup") or {}).get("pid", "—")
    said = known.word.get("state") == "failed"  # one of several processes was killed, and another one told it
    happened = t("failure.happened.rank_killed") if said else t("failure.happened.killed", pid=pid, moment=_sign(known))
    meter = known.run.last("meter") or {}
    used, total = meter.get("memory_used_mb"), meter.get("memory_total_mb")
    likely = t("failure.cause.killed")
    if used and total and used / total >= _MEMORY_WAS_FULL:
        likely = t("failure.cause.killed_memory", used=f"{used / 1000:.1f}", total=f"{total / 1000:.0f}")
    batch, accumulate = int(known.setting("batch_size", 1)), int(known.setting("accumulate", 1))
    presses = [_go_on()]
    if int(known.setting("workers", 0)):
        presses.append(_change(t("failure.no_workers"), workers=0))
    if batch > 1:
        label = t("failure.half_batch", batch=batch // 2, accumulate=2 * accumulate)
        presses.append(_change(label, batch_size=batch // 2, accumulate=2 * accumulate))
    return Card(happened, likely, tuple(presses))


def _rebooted(known: Known) -> Card:
    return Card(t("failure.happened.rebooted", moment=_sign(known)), t("failure.cause.rebooted"), (_go_on(),))


def _peer(known: Known) -> Card:
    processes = int(known.plan.get("devices", 1)) * int(known.plan.get("nodes", 1))
    happened = t("failure.happened.peer", processes=processes)
    return Card(happened, t("failure.cause.peer"), (_go_on(), _edit()))


def _start(known: Known) -> Card:
    return Card(_said(known), t("failure.cause.start"), (_go_on(t("failure.try_again")),))


def _not_available(known: Known) -> Card:
    device = str(known.plan.get("device", "auto"))
    presses = [_go_on(t("failure.try_again")), _edit()]
    if device not in ("auto", "cpu"):
        presses.insert(1, Press(t("failure.any_device"), {"device": "auto"}, is_new=True))
    return Card(_said(known), t("failure.cause.not_available"), tuple(presses))


# --- what remains -----------------------------------------------------------------------------------------------------


def _settings(known: Known) -> Card:
    return Card(_said(known), t("failure.cause.settings"), (_edit(),))


def _state(known: Known) -> Card:
    return Card(_said(known), t("failure.cause.state"), (_edit(),))


def _error(known: Known) -> Card:
    return Card(_said(known), t("failure.cause.error"), (_go_on(), _edit()))


_CARDS: dict[str, Callable[[Known], Card]] = {
    "nan": _nan,
    "out_of_memory": _out_of_memory,
    "data_vanished": _data_vanished,
    "unknown_label": _unknown_label,
    "data": _data,
    "loader": _loader,
    "disk_full": _disk_full,
    "killed": _killed,
    "rebooted": _rebooted,
    "peer": _peer,
    "start": _start,
    "not_available": _not_available,
    "settings": _settings,
    "state": _state,
    "error": _error,
}


def _go_on(label: str = "") -> Press:
    return Press(label or t("runs.resume"), {})


def _change(label: str, **changes: Any) -> Press:
    return Press(label, changes)


def _edit() -> Press:
    return Press(t("runs.again"), {}, is_new=True)


def _said(known: Known) -> str:
    return plain(known.reason) or t("failure.happened.unknown")


def _or_said(known: Known, happened: str) -> str:
    """Our sentence, or the worker's own where facts are missing for ours."""
    return _said(known) if "—" in happened and known.reason else happened


def _check(known: Known) -> str:
    """The command that reads all masks of the first dataset that is a folder."""
    folders = [str(place) for place in known.plan.get("data", ()) if "/" in str(place) or "\\" in str(place)]
    return f"python -m segcore data check {shlex.quote(folders[0])}" if folders else ""


def _sign(known: Known) -> str:
    """When it was last heard of."""
    times = [event["time"] for kind in ("state", "step", "val", "meter") if (event := known.run.last(kind))]
    return run_text.moment(max(times)) if times else "—"
