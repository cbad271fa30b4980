"""Several runs side by side: what differs in their settings, and how their best epochs compare."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segcore.runs.facts import Summary, summary
from segcore.runs.store import Run
from segcore.runs.timeline import Event

MOST_COMPARED = 8
"""More lines in one chart cannot be told apart."""

_SETUP = ("train_images", "val_images", "parameters", "device", "device_name", "precision", "versions")
"""What a run found when it set up that may explain a difference."""


@dataclass(frozen=True)
class Compared:
    """One run, as it is compared.

    Attributes:
        run: its folder.
        facts: how far it is.
        settings: what it trains with, one value a setting: {"model": "unet", "options.width": 16, …}.
        setup: what it found: numbers of images, device, versions, as settings.
        classes: their names; empty before the run has seen its data.
        best: the validation with the best mIoU, {} before there is one.
    """

    run: Run
    facts: Summary
    settings: dict[str, Any]
    setup: dict[str, Any]
    classes: tuple[str, ...]
    best: Event

    def number(self, name: str) -> float | None:
        """A number of its best epoch or of the run; None where it is not known.

        Args:
            name: miou, pixel_accuracy, mean_dice, loss, epoch (from 1), took (s), images_per_second, parameters,
                or iou.0, iou.1 … of a class.
        """
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
    """A run with everything that is compared.

    Raises:
        BadRun: its spec cannot be read.
    """
    setup = run.last("setup") or {}
    scored = [event for event in run.timeline(("val",)) if event["kind"] == "val" and event.get("miou") is not None]
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
    """The settings in which not all agree, with the value of each; None where one does not have the setting."""
    names = dict.fromkeys(name for settings in each for name in settings)
    values = {name: [settings.get(name) for settings in each] for name in names}
    return {name: found for name, found in values.items() if any(value != found[0] for value in found)}


def obstacles(runs: Sequence[Compared]) -> list[str]:
    """Why the scores of these runs cannot be compared, as words for programs; empty where nothing stands against it.

    "classes": they learn different classes. "data": they are validated on different data. "split": on the same data,
    but another seed or share draws other validation images from what has no validation split of its own.
    "convention": their mIoU is counted in different ways.
    """
    tried = [run for run in runs if run.classes]
    data = {_settings(run, "val_data", "working_side") + _settings(run, *_drawn_from(run)) for run in runs}
    splits = {_settings(run, "val_share", "seed") for run in runs if not run.settings.get("val_data")}
    found: dict[str, Collection[object]] = {
        "classes": {run.classes for run in tried},
        "data": data,
        "split": splits if len(data) == 1 else (),
        "convention": {run.best["convention"] for run in runs if "convention" in run.best},
    }
    return [word for word, values in found.items() if len(values) > 1]


def _drawn_from(run: Compared) -> tuple[str, ...]:
    """The settings that name the validation images, where no data of their own do."""
    return () if run.settings.get("val_data") else ("data",)


def _settings(run: Compared, *names: str) -> str:
    return repr([run.settings.get(name) for name in names])
