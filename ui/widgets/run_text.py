"""Facts of a run as texts in the reader's language. Unknown values are a dash."""

from collections import Counter
from collections.abc import Iterable

from segcore import formatting
from segcore.export.sections import Tone
from segcore.runs import Request, Run, Summary, readable, shown_name
from segcore.runs.eta import Range
from ui.known_names import class_name
from ui.text import plain, t

MAX_NAMED = 4
"""Maximum number of classes named in a sentence."""

_STATES: dict[str, tuple[str, Tone]] = {
    "queued": ("◌", "quiet"),
    "starting": ("◔", "busy"),
    "running": ("▶", "busy"),
    "stalled": ("‼", "bad"),
    "stopping": ("◕", "busy"),
    "paused": ("❚❚", "quiet"),
    "stopped": ("■", "quiet"),
    "finished": ("✓", "good"),
    "failed": ("✕", "bad"),
    "lost": ("?", "bad"),
}
"""The sign and the tone of each state."""
_STOPPING = {"stop_after_epoch": "finishing", "pause": "pausing"}


def state(name: str, asked: Request | None = None) -> str:
    """▶ Running; the request makes "stopping" more exact."""
    word = _STOPPING.get(asked or "", name) if name == "stopping" else name
    return f"{_STATES[name][0]} {t(f'state.{word}')}"


def titles(runs: Iterable[Run]) -> dict[str, str]:
    """Address → name for people; of equal names with the folder's, because browsers identify options by their text."""
    named = {run: shown_name(run) for run in runs}
    count = Counter(named.values())
    return {
        run.address: title if count[title] == 1 else f"{title} · {readable(run.name)}" for run, title in named.items()
    }


def tab(facts: Summary) -> str:
    """▶ 30 % · run-7: for the browser's tab."""
    share = f" {100 * facts.done // facts.epochs} %" if facts.is_active and facts.epochs else ""
    return f"{_STATES[facts.state][0]}{share} · {facts.title}"


def tone(name: str) -> Tone:
    """The tone of a state."""
    return _STATES[name][1]


def best(facts: Summary, *, named: bool = False) -> str:
    """0.613 @ 9; the accuracy of a classification is marked as such, unless the label around it is (``named``)."""
    if facts.best_accuracy is not None:
        accuracy = f"{facts.best_accuracy:.3f}"
        if named:
            return f"{accuracy} @ {facts.best_epoch}"
        return t("runs.best.accuracy", accuracy=accuracy, epoch=facts.best_epoch)
    return "—" if facts.best_miou is None else f"{facts.best_miou:.3f} @ {facts.best_epoch}"


def means_note(run: Run) -> str:
    """Why the mean IoU of the last validation is low, if classes were predicted that the data lacks; else ""."""
    event = run.last("val") or {}
    iou, support, names = (event.get(key) or [] for key in ("iou", "support", "classes"))
    absent = [name for name, value, count in zip(names, iou, support, strict=False) if count == 0 and value is not None]
    present = [value or 0.0 for value, count in zip(iou, support, strict=False) if count]
    if not absent or not present or event.get("miou") is None:
        return ""
    return t(
        "runs.means",
        epoch=event["epoch"] + 1,
        found=formatting.score(event["miou"]),
        present=formatting.score(sum(present) / len(present)),
        names=plain(", ".join(map(class_name, absent[:MAX_NAMED])) + (" …" if len(absent) > MAX_NAMED else "")),
    )


def epochs(facts: Summary) -> str:
    """12 / 40."""
    return f"{facts.done} / {facts.epochs}"


def progress(facts: Summary) -> str:
    """▶ Running, or ▶ Validating 96 of 680: the state of a run in a table."""
    if facts.validating is None:
        return state(facts.state, asked=facts.requested)
    return f"{_STATES[facts.state][0]} {doing(facts)}"


def doing(facts: Summary) -> str:
    """Training epoch 4 of 10, or Validating 96 of 680: what a running run does at the moment."""
    if facts.validating is None:
        return t("runs.training", epoch=min(facts.done + 1, facts.epochs), epochs=facts.epochs)
    done, total = facts.validating
    return t("runs.validating", done=done, total=total)


def speed(facts: Summary) -> str:
    """41.0."""
    return "—" if facts.images_per_second is None else f"{facts.images_per_second:.1f}"


def seconds(amount: float | None) -> str:
    """50 s, 4 min, 2 h 05 min."""
    return formatting.duration(amount, t)


def span(amount: Range | None) -> str:
    """3–4 min, 1.2–1.5 h."""
    if amount is None:
        return "—"
    low, high = amount
    if high < 90:
        step = 5 if high >= 20 else 1
        return _range("seconds", step * round(low / step), step * round(high / step))
    if high < 3600:
        return _range("minutes", max(1, round(low / 60)), round(high / 60))
    return _range("hours", round(low / 3600, 1), round(high / 3600, 1))


def _range(unit: str, low: float, high: float) -> str:
    return t(f"time.span_{unit}", span=f"{low:g}" if low == high else f"{low:g}–{high:g}")
