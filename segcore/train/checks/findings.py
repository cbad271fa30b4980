"""What a check before training concludes: each rule in plain words, with its numbers and what to do.

A rule looks at the configuration, the data and the measurements, and yields a `Finding`, often with a change of
settings that mends it. The limits are ours, from experience, and are named here.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from segcore.data import working_size
from segcore.data.statistics import MOST_NAMED, SplitFacts
from segcore.errors import Message
from segcore.train.checks.trial import Trial
from segcore.train.config import TrainConfig

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

RARE_SHARE = 0.005
"""A class with fewer of the pixels is easily never predicted: missing all of it hardly changes the loss."""
FEW_VAL_IMAGES = 10
MUCH_MEMORY = 0.85
"""Share of the device's memory above which a training may run out of it later: batches differ, others use it too."""
SMALL_CROP = 0.02
"""Share of a photo's area below which a training crop shows too little to tell what things are."""
LONG_HOURS = 24.0
BUSY_SHARE = 0.25
"""Share of the processor that others used, above which measured times are those of a busy machine."""

KINDS: dict[str, tuple[Severity, str, str]] = {
    # kind: (severity, what was found, what to do)
    "broken": (
        "error",
        "{count} of {total} images cannot be used, for instance: {first}",
        "Mend or remove them; `python -m segcore data check FOLDER` reads every file and lists all of them.",
    ),
    "no_labels": (
        "error",
        "No pixel of the training images that were read is labelled.",
        "Check ignore_index in classes.json and the mapping of the classes.",
    ),
    "no_labels_to_validate": (
        "error",
        "No pixel of the validation images that were read is labelled.",
        "Check ignore_index in classes.json and the mapping of the classes.",
    ),
    "out_of_memory": (
        "error",
        "The device ran out of memory with {batch} images of {size} pixels a side.",
        "Take half the images at once and add up two batches a step: the same training in less memory.",
    ),
    "disk_full": (
        "error",
        "The training writes up to {needed}, and {free} are free.",
        "Free some space or choose another folder with SEGCORE_HOME.",
    ),
    "not_finite": (
        "error",
        "The loss is not a number in the first steps.",
        "Take a rate ten times lower and cut off gradients at norm 1.",
    ),
    "leak": (
        "warning",
        "{count} pictures are in the training and in the validation images: {names}",
        "Remove them from one of the two: scores on pictures seen in training mean nothing.",
    ),
    "absent_in_training": (
        "warning",
        "No training image that was read shows: {names}",
        "Nothing can be learnt about these classes: add images that show them, or map them to others.",
    ),
    "absent_in_validation": (
        "warning",
        "No validation image that was read shows: {names}",
        "The score of these classes will stay unknown: choose another val_share or seed, or name validation data.",
    ),
    "rare": (
        "note",
        "Fewer than {limit} of the training pixels are: {names}",
        "Let a part of the crops be placed on small classes, or they may never be predicted.",
    ),
    "few_to_validate": (
        "warning",
        "There are only {count} validation images.",
        "The score will jump from epoch to epoch; keep more images for validation, or label more.",
    ),
    "batch_too_large": (
        "warning",
        "A step takes {batch} images, but there are only {count} to train on.",
        "Make the batch smaller, so that an epoch has several steps.",
    ),
    "batch_of_one": (
        "warning",
        "Batch normalisation takes its statistics from one image at a time.",
        "Take at least 4 images at once if memory allows.",
    ),
    "memory_tight": (
        "warning",
        "The steps need {needed}, and {free} are free.",
        "Take half the images at once and add up two batches a step: the same training in less memory.",
    ),
    "crop_too_large": (
        "warning",
        "Training crops have {size} pixels a side, but the images in the middle are {width} × {height}.",
        "Make the crops as large as the images: the rest is empty and only costs time.",
    ),
    "crop_too_small": (
        "warning",
        "A training crop shows {share} of an image of {width} × {height} pixels.",
        "Let the network look at smaller photos, so that it sees whole things.",
    ),
    "loader_bound": (
        "warning",
        "A step waits for its images: preparing them takes {load} in one process, computing {compute}.",
        "Let more processes prepare images.",
    ),
    "card_unused": (
        "note",
        "The training is set to the processor, but this machine has a graphics card.",
        "On the card it is many times faster.",
    ),
    "busy": (
        "note",
        "Other programs kept {share} of the processor busy while this was measured.",
        "Without them the training is faster than told here.",
    ),
    "long": (
        "note",
        "The whole training takes about {hours} hours.",
        "Begin with smaller images, a lighter network or fewer epochs, and see whether it learns.",
    ),
    "sampled": (
        "note",
        "{looked_at} of {total} images were read, evenly spread.",
        "`python -m segcore data check FOLDER` reads all.",
    ),
}
"""Every rule's words; placeholders are filled in with what was met."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        kind: one of KINDS.
        severity: "error" (the training would fail or learn nonsense), "warning" or "note".
        text: what was found, for people.
        advice: what to do.
        change: settings that mend it, for a button, by field or by ``field.inner``; empty where none does.
    """

    kind: str
    severity: Severity
    text: Message
    advice: str
    change: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a report."""
        return {**asdict(self), "message": self.text.to_json()}


def found(kind: str, change: dict[str, Any] | None = None, **facts: object) -> Finding:
    """A finding of a kind, its placeholders filled."""
    severity, text, advice = KINDS[kind]
    return Finding(kind, severity, Message(text, **facts), advice, change or {})


def halved(config: TrainConfig) -> dict[str, Any]:
    """The change to half the batch with the same effective size; empty where the batch cannot be halved."""
    half = config.batch_size // 2
    if half < config.processes:  # each of them needs an image
        return {}
    return {"batch_size": half, "accumulate": config.accumulate * 2}


# --- rules over the data --------------------------------------------------------------------------------------------


def about_data(
    config: TrainConfig, classes: tuple[str, ...], train: SplitFacts, val: SplitFacts, leaks: list[tuple[str, str]]
) -> Iterator[Finding]:
    """What the images and masks show by themselves."""
    broken = train.broken + val.broken
    if broken:
        count = train.broken_count + val.broken_count
        yield found("broken", count=count, total=train.looked_at + val.looked_at, first=broken[0])
    for kind, facts in (("no_labels", train), ("no_labels_to_validate", val)):
        if facts.sizes and not sum(facts.pixels):
            yield found(kind)
    if leaks:
        yield found("leak", count=len(leaks), names=_listed([name for name, _ in leaks]))
    absent = _classes_where(classes, train, lambda share: share == 0)
    if absent:
        yield found("absent_in_training", names=_listed(absent))
    unseen = [name for name in _classes_where(classes, val, lambda share: share == 0) if name not in absent]
    if unseen:
        yield found("absent_in_validation", names=_listed(unseen))
    rare = _classes_where(classes, train, lambda share: 0 < share < RARE_SHARE)
    if rare and config.class_weights == "none" and config.augmentation.class_aware_crop == 0:
        change = {"augmentation.class_aware_crop": 0.3}
        yield found("rare", change, limit=_percent(RARE_SHARE), names=_listed(rare))
    if val.images < FEW_VAL_IMAGES:
        yield found("few_to_validate", count=val.images)
    if train.looked_at < train.images or val.looked_at < val.images:
        yield found("sampled", looked_at=train.looked_at + val.looked_at, total=train.images + val.images)
    yield from _about_sizes(config, train)
    together = config.batch_size * config.accumulate
    if together > train.images:
        change = {"batch_size": max(config.processes, min(config.batch_size, train.images // 4)), "accumulate": 1}
        yield found("batch_too_large", change, batch=together, count=train.images)


def _about_sizes(config: TrainConfig, train: SplitFacts) -> Iterator[Finding]:
    if train.median_size is None:
        return
    height, width = working_size(train.median_size, config.working_side)
    if config.size > 1.5 * max(height, width):
        side = max(32, 32 * round(max(height, width) / 32))
        yield found("crop_too_large", {"size": side}, size=config.size, width=width, height=height)
    share = config.size**2 / (height * width)
    if share < SMALL_CROP:
        change = {"working_side": min(32 * round(2.5 * config.size / 32), 8192)}
        yield found("crop_too_small", change, share=_percent(share), width=width, height=height)


def _classes_where(classes: tuple[str, ...], facts: SplitFacts, rule: Callable[[float], bool]) -> list[str]:
    if not sum(facts.pixels):
        return []
    return [name for name, share in zip(classes, facts.shares, strict=True) if rule(share)]


# --- rules over the measurements ------------------------------------------------------------------------------------


def about_trial(config: TrainConfig, trial: Trial, *, has_card: bool) -> Iterator[Finding]:
    """What three real steps have shown."""
    if not all(map(math.isfinite, trial.losses)):
        yield found("not_finite", {"learning_rate": config.learning_rate / 10, "clip_norm": 1.0})
    # What the trial took was free before it, so what counts is the peak on top of what others use.
    used_by_others = trial.memory_total - trial.memory_free
    together = trial.peak * (config.devices if trial.memory_kind == "resident" else 1)  # a card serves one process
    if used_by_others + together > MUCH_MEMORY * trial.memory_total:
        yield found("memory_tight", halved(config), needed=in_bytes(together), free=in_bytes(trial.memory_free))
    if config.batch_size == 1 and trial.batch_norm:
        yield found("batch_of_one", {"batch_size": 4})
    if trial.facts["device"] == "cpu" and has_card:
        yield found("card_unused", {"device": "auto", "precision": "auto", "channels_last": "auto"})
    if trial.facts["device"] == "cpu" and trial.others_share > BUSY_SHARE:
        yield found("busy", share=_percent(trial.others_share))
    compute = sorted(trial.compute)[len(trial.compute) // 2]
    bound = trial.step_seconds(compute, trial.load, config.workers)
    more = min(trial.cores, max(1, round(trial.load / compute) + 1))
    gain = bound / trial.step_seconds(compute, trial.load, more)
    if more > config.workers and gain > 1.25:
        yield found(
            "loader_bound", {"workers": more}, load=f"{1000 * trial.load:.0f} ms", compute=f"{1000 * compute:.0f} ms"
        )


def about_time(seconds: float) -> Iterator[Finding]:
    """What the whole training will take."""
    if seconds > 3600 * LONG_HOURS:
        yield found("long", hours=f"{seconds / 3600:.0f}")


def about_disk(needed: int, free: int) -> Iterator[Finding]:
    """What it will write."""
    if needed > free:
        yield found("disk_full", needed=in_bytes(needed), free=in_bytes(free))


def by_severity(findings: list[Finding]) -> list[Finding]:
    """The gravest first."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def in_bytes(size: float) -> str:
    """An amount of bytes as people say it: 12 MB, 3.4 GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


def _listed(names: list[str]) -> str:
    more = f" … ({len(names)} in all)" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
