"""Learning-rate finder: raise the rate at every step and record the loss; a good rate is where it falls fastest.

Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3 (the "LR range test"),
https://arxiv.org/abs/1506.01186. There the rate rises linearly; here by a constant factor, as is usual today.
Two rules suggest a rate, and the smaller one is used:

    steepest    the rate at which the smoothed loss falls fastest per factor of the rate
    minimum     a tenth of the rate at which the smoothed loss is lowest, beyond which it rises
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segcore.errors import BadConfig
from segcore.job_context import JobContext
from segcore.train.checks.trial import endless, reserved_device
from segcore.train.checks.validation import require_sound_data
from segcore.train.config import TrainConfig, make_config
from segcore.train.loop import train_mode
from segcore.train.parts import Parts, build
from segcore.train.step import train_step

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 120
MOST_STEPS = 2000
BELOW_MINIMUM = 10.0
"""The `minimum` rule stays this factor below the rate of the lowest loss."""
SMOOTHING = 0.025
"""Standard deviation of the Gaussian that smooths the curve, as a share of the whole sweep."""
_MEMORY = 0.8  # of the running mean that detects divergence
_LEAST_FALL = 0.02  # of the first loss

Rule = Literal["steepest", "minimum"]
_IRRELEVANT = (
    "learning_rate", "epochs", "schedule", "warmup", "poly_power", "plateau_patience", "plateau_factor", "early_stop",
    "ema", "samples", "log_every_steps", "save_every_minutes", "on_nan", "on_out_of_memory", "title", "licence",
)  # fmt: skip
"""Settings on which a sweep does not depend."""


@dataclass(frozen=True)
class Sweep:
    """Finite losses at rising rates; ``diverged``: it ended early because the loss rose or was not finite."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    diverged: bool


@dataclass(frozen=True)
class Suggestion:
    """A learning rate, rounded to two digits, the rule that gave it, and the rates that both rules start from.

    ``minimum`` is None where the loss fell to the very end.
    """

    rate: float
    rule: Rule
    steepest: float
    minimum: float | None


def rates_between(lowest: float, highest: float, steps: int) -> tuple[float, ...]:
    """``steps`` rates in geometric progression, from the lowest to the highest.

    Raises:
        BadConfig: they do not rise, or are too few or too many.
    """
    if not 0 < lowest < highest <= 1e6:
        raise BadConfig(
            "The rates go from {lowest:g} to {highest:g}; they must be above 0 and rise, as from 1e-6 to 10.",
            lowest=lowest,
            highest=highest,
        )
    if not 20 <= steps <= MOST_STEPS:
        raise BadConfig("A sweep of {steps} steps is not possible; choose 20 to {most}.", steps=steps, most=MOST_STEPS)
    return tuple(np.geomspace(lowest, highest, steps).tolist())


def sweep(rates: Sequence[float], step: Callable[[float], float]) -> Sweep:
    """Take one step at each rate until the rates end or the loss diverges.

    The loss diverges when its running mean has risen above its lowest value by twice the amount that it had fallen
    before, or by half of its first value if it had hardly fallen. ``step`` takes a step of the optimiser at a rate and
    returns the loss before it.
    """
    losses: list[float] = []
    mean, weight = 0.0, 0.0
    first, lowest = math.nan, math.inf
    diverged = False
    for rate in rates:
        loss = step(rate)
        if not math.isfinite(loss):
            diverged = True
            break
        losses.append(loss)
        mean, weight = _MEMORY * mean + (1 - _MEMORY) * loss, _MEMORY * weight + (1 - _MEMORY)
        smooth = mean / weight
        first = smooth if math.isnan(first) else first
        lowest = min(lowest, smooth)
        diverged = smooth > lowest + 2 * max(first - lowest, abs(first) / 4)
        if diverged:
            break
    return Sweep(tuple(rates[: len(losses)]), tuple(losses), diverged)


def smoothed(losses: Sequence[float], whole: int) -> NDArray[np.float64]:
    """(len(losses),) The losses under a Gaussian centred on each; ``whole``: steps of the sweep, which set its width.

    Centred, because a running mean lags: it would move the steepest point to higher rates.
    """
    places = np.arange(len(losses))
    width = max(1.0, SMOOTHING * whole)
    weights = np.exp(-((places[:, None] - places[None, :]) ** 2) / (2 * width**2))
    return np.asarray(weights @ np.asarray(losses) / weights.sum(axis=1))


def suggest(found: Sweep, whole: int) -> Suggestion | None:
    """A learning rate; None where the loss did not fall at any rate. ``whole``: steps of the complete sweep."""
    if len(found.rates) < 3:
        return None
    loss, log_rate = smoothed(found.losses, whole), np.log(found.rates)
    lowest = int(np.argmin(loss))
    least_fall = max(_LEAST_FALL * abs(loss[0]), 2 * _noise(found.losses[: lowest + 1])) if lowest else math.inf
    if loss[0] - loss[lowest] < least_fall:
        return None
    steepest = found.rates[int(np.argmin(np.gradient(loss, log_rate)[: lowest + 1]))]
    minimum = found.rates[lowest] if lowest < len(loss) - 1 else None
    below = math.inf if minimum is None else minimum / BELOW_MINIMUM
    rule: Rule = "steepest" if steepest <= below else "minimum"
    return Suggestion(float(f"{min(steepest, below):.1e}"), rule, steepest, minimum)


def _noise(losses: Sequence[float]) -> float:
    """Standard deviation of single losses around a smooth curve, from the median difference of neighbours."""
    return 1.4826 * float(np.median(np.abs(np.diff(losses)))) / math.sqrt(2)


def question(
    config: TrainConfig,
    accept: Iterable[str] = (),
    *,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
) -> dict[str, Any]:
    """The settings on which the result depends, for `segcore.jobs.start_job`; the current rate is not one of them.

    ``accept`` as for `segcore.train.checks.validation.require_sound_data`.
    """
    defaults = TrainConfig(task=config.task)
    same = config.model_copy(update={name: getattr(defaults, name) for name in _IRRELEVANT})
    kinds = sorted(set(accept))
    settings = {"config": same.to_json(), "lowest": lowest, "highest": highest, "steps": steps}
    return settings | {"accept": kinds} if kinds else settings


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The job's function, see segcore/jobs/table.py.

    Returns:
        ``rates``, ``losses``, ``smoothed``, ``diverged``; ``rate``, ``rule``, ``steepest`` and ``minimum`` of the
        suggestion, null where there is none; ``seconds`` of the sweep, ``device`` and ``precision``.

    Raises:
        SegcoreError: the settings, data, model or device do not fit.
    """
    whole = make_config(settings["config"])
    require_sound_data(whole, settings.get("accept", ()))
    # One process takes the steps of all, share by share, because the batch determines the rate.
    alone = {"accumulate": whole.accumulate * whole.processes, "schedule": "constant", "warmup": 0.0, "ema": 0.0}
    config = whole.share().model_copy(update=alone)
    rates = rates_between(settings["lowest"], settings["highest"], settings["steps"])
    with reserved_device(config, job, done=0, total=len(rates)):
        parts = build(config)
        job.began()
        began = time.perf_counter()
        found = sweep(rates, _stepper(parts, job, len(rates)))
        seconds = time.perf_counter() - began
    suggestion = suggest(found, len(rates))
    return {
        **asdict(found),
        "smoothed": smoothed(found.losses, len(rates)) if found.losses else [],
        **(dict.fromkeys(Suggestion.__annotations__) if suggestion is None else asdict(suggestion)),
        "seconds": seconds,
        "device": parts.mode.device,
        "precision": parts.mode.precision,
    }


def _stepper(parts: Parts, job: JobContext, total: int) -> Callable[[float], float]:
    """A function that takes the next training step at a rate, and returns the loss before it."""
    train_mode(parts)
    config, groups, taken = parts.config, endless(parts), 0

    def step(rate: float) -> float:
        nonlocal taken
        parts.config = config.model_copy(update={"learning_rate": rate})
        loss = float(train_step(parts, next(groups), taken).loss)
        taken += 1
        job.progress(taken, total, doing="sweeping", detail=f"{rate:.1e}")
        return loss

    return step
