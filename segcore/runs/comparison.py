"""Several runs side by side: differences in their settings, and their best epochs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcore.runs.facts import Summary, summary
from segcore.runs.store import Run
from segcore.runs.timeline import Event

MOST_COMPARED = 8
"""More lines in one chart cannot be distinguished."""

_SETUP = ("train_images", "val_images", "parameters", "device", "device_name", "precision", "versions")
"""Facts of the ``setup`` event that may explain a difference."""


@dataclass(frozen=True)
class Compared:
    """One run in a comparison; no classes before it has opened its data.

    Settings and setup (numbers of images, device, versions) are flattened: {"model": "unet", "options.width": 16, …}.
    ``best`` is the validation event with the best mIoU, {} before the first.
    """

    run: Run
    facts: Summary
    settings: dict[str, Any]
    setup: dict[str, Any]
    classes: tuple[str, ...]
    best: Event

    def number(self, name: str) -> float | None:
        """A number of its best epoch or of the run, or iou.0, iou.1 … of a class; None if unknown."""
        kind, _, index = name.partition(".")
        values: Mapping[str, Any] = {
            **self.best,
            "epoch": None if "epoch" not in self.best else self.best["epoch"] + 1,
            "took": self.facts.took,
            "images_per_second": self.facts.images_per_second,
            "parameters": self.setup.get("parameters"),
        }
        value = values.get(kind)
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        return float(value) if isinstance(value, int | float) else None


def compared(run: Run) -> Compared:
    """A run, read for a comparison.

    Raises:
        BadRun: its spec cannot be read.
    """
    setup = run.last("setup") or {}
    scored = [event for event in run.timeline(("val",)) if event.get("miou") is not None]
    return Compared(
        run=run,
        facts=summary(run),
        settings=flat(run.plan),
        setup=flat({name: setup[name] for name in _SETUP if name in setup}),
        classes=tuple(setup.get("classes", ())),
        best=max(scored, key=lambda event: float(event["miou"]), default={}),
    )


def flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings as one mapping: {"options": {"width": 16}} → {"options.width": 16}. Lists stay values."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{above}{name}.")
        else:
            found[above + name] = value
    return found


def differences(each: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The settings that are not equal in all, with each value; None for a missing setting."""
    names = dict.fromkeys(name for settings in each for name in settings)
    values = {name: [settings.get(name) for settings in each] for name in names}
    return {name: found for name, found in values.items() if any(value != found[0] for value in found)}


def obstacles(runs: Sequence[Compared]) -> list[str]:
    """Reasons why the scores of these runs cannot be compared, as words for programs; empty if they can.

    "classes": they learn different classes. "data": they are validated on different data. "split": on the same data,
    but with another seed or share, which selects other validation images where there is no validation split.
    "convention": their mIoU is computed in different ways.
    """
    tried = [run for run in runs if run.classes]
    without = [run for run in runs if not run.settings.get("val_data")]  # validated on a part of ``data``
    data = {_settings(run, "working_side", "val_data", *(["data"] if run in without else [])) for run in runs}
    splits = {_settings(run, "val_share", "seed") for run in without}
    found: dict[str, Collection[object]] = {
        "classes": {run.classes for run in tried},
        "data": data,
        "split": splits if len(data) == 1 else (),
        "convention": {run.best["convention"] for run in runs if "convention" in run.best},
    }
    return [word for word, values in found.items() if len(values) > 1]


def _settings(run: Compared, *names: str) -> str:
    return repr([run.settings.get(name) for name in names])
