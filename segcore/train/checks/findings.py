"""The rules of the preflight check: data, configuration and measurements → advice."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from segcore.advice import Advice, Remedy, Severity
from segcore.data import working_size
from segcore.data.statistics import SplitFacts
from segcore.formatting import byte_size
from segcore.train.checks.trial import Trial
from segcore.train.config import TrainConfig

RARE_SHARE = 0.005
"""A class with a smaller share of the pixels may never be predicted: missing all of it hardly changes the loss."""
FEW_VAL_IMAGES = 10
MUCH_MEMORY = 0.85
"""Share of the device's memory above which training may run out of it later: batches differ, others use it too."""
SMALL_CROP = 0.02
"""Share of a photo's area below which a training crop shows too little of the objects."""
LONG_HOURS = 24.0
BUSY_SHARE = 0.25
"""Share of the CPU used by others above which measured times are those of a busy machine."""

_BY_SEVERITY: dict[Severity, tuple[str, ...]] = {
    "error": ("broken", "no_labels", "no_labels_to_validate", "out_of_memory", "disk_full", "not_finite"),
    "warning": (
        *("leak", "absent_in_training", "absent_in_validation", "few_to_validate", "batch_too_large", "batch_of_one"),
        *("memory_tight", "crop_too_large", "crop_too_small", "loader_bound"),
    ),
    "note": ("rare", "card_unused", "busy", "long", "sampled"),
}
RULES: dict[str, Severity] = {rule: severity for severity, rules in _BY_SEVERITY.items() for rule in rules}


def found(rule: str, change: Mapping[str, Any] | None = None, **facts: Any) -> Advice:
    """The advice of a rule: facts for its texts, and the settings that fix it, by ``field`` or ``field.inner``."""
    remedies = (Remedy("set", change),) if change else ()
    return Advice(f"preflight.{rule}", RULES[rule], facts, remedies)


def preflight_json(advice: Advice) -> dict[str, Any]:
    """A finding for a report, with its English texts."""
    change = advice.remedies[0].changes if advice.remedies else {}
    texts = {"text": advice.wording("what"), "advice": advice.wording("do")}
    return {"kind": advice.name, **texts, "change": change, **advice.to_json()}


def about_data(
    config: TrainConfig, classes: tuple[str, ...], train: SplitFacts, val: SplitFacts, leaks: list[tuple[str, str]]
) -> Iterator[Advice]:
    """Problems of the images and masks."""
    broken = train.broken + val.broken
    if broken:
        count = train.broken_count + val.broken_count
        yield found("broken", count=count, total=train.looked_at + val.looked_at, first=broken[0])
    for rule, facts in (("no_labels", train), ("no_labels_to_validate", val)):
        if facts.sizes and not sum(facts.pixels):
            yield found(rule)
    if leaks:
        yield found("leak", count=len(leaks), names=[name for name, _ in leaks])
    absent = _classes_where(classes, train, lambda share: share == 0)
    if absent:
        yield found("absent_in_training", names=absent)
    unseen = [name for name in _classes_where(classes, val, lambda share: share == 0) if name not in absent]
    if unseen:
        yield found("absent_in_validation", names=unseen)
    rare = _classes_where(classes, train, lambda share: 0 < share < RARE_SHARE)
    if rare and config.class_weights == "none" and config.augmentation.class_aware_crop == 0:
        yield found("rare", {"augmentation.class_aware_crop": 0.3}, limit=_percent(RARE_SHARE), names=rare)
    if val.images < FEW_VAL_IMAGES:
        yield found("few_to_validate", count=val.images)
    if train.looked_at < train.images or val.looked_at < val.images:
        yield found("sampled", looked_at=train.looked_at + val.looked_at, total=train.images + val.images)
    yield from _about_sizes(config, train)
    together = config.batch_size * config.accumulate
    if together > train.images:
        change = {"batch_size": max(config.processes, min(config.batch_size, train.images // 4)), "accumulate": 1}
        yield found("batch_too_large", change, batch=together, count=train.images)


def _about_sizes(config: TrainConfig, train: SplitFacts) -> Iterator[Advice]:
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


def about_trial(config: TrainConfig, trial: Trial, *, has_card: bool) -> Iterator[Advice]:
    """Conclusions from the measured steps; ``has_card``: whether this machine has a GPU."""
    if not all(map(math.isfinite, trial.losses)):
        yield found("not_finite", {"learning_rate": config.learning_rate / 10, "clip_norm": 1.0})
    # What the trial used was free before it, so its peak comes on top of what other programs use.
    used_by_others = trial.memory_total - trial.memory_free
    together = trial.peak * (config.devices if trial.memory_kind == "resident" else 1)  # a GPU serves one process
    if used_by_others + together > MUCH_MEMORY * trial.memory_total:
        yield found("memory_tight", config.halved(), needed=byte_size(together), free=byte_size(trial.memory_free))
    if config.batch_size == 1 and trial.batch_norm:
        yield found("batch_of_one", {"batch_size": 4})
    if trial.facts["device"] == "cpu" and has_card:
        yield found("card_unused", {"device": "auto", "precision": "auto", "channels_last": "auto"})
    if trial.facts["device"] == "cpu" and trial.others_share > BUSY_SHARE:
        yield found("busy", share=_percent(trial.others_share))
    yield from _about_loading(config, trial)


def _about_loading(config: TrainConfig, trial: Trial) -> Iterator[Advice]:
    compute = sorted(trial.compute)[len(trial.compute) // 2]
    more = min(trial.cores, max(1, round(trial.load / compute) + 1))
    now, then = (trial.step_seconds(compute, trial.load, workers) for workers in (config.workers, more))
    if more > config.workers and now > 1.25 * then:
        load, computing = (f"{1000 * seconds:.0f} ms" for seconds in (trial.load, compute))
        yield found("loader_bound", {"workers": more}, load=load, compute=computing)


def about_time(seconds: float) -> Iterator[Advice]:
    """A note about a training that takes longer than LONG_HOURS."""
    if seconds > 3600 * LONG_HOURS:
        yield found("long", hours=f"{seconds / 3600:.0f}")


def about_disk(needed: int, free: int) -> Iterator[Advice]:
    """An error where less is free than the training writes, in bytes."""
    if needed > free:
        yield found("disk_full", needed=byte_size(needed), free=byte_size(free))


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
