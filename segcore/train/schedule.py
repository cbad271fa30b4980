"""The learning rate as a pure function of the step.

There is no state, so a resumed run continues exactly where it was, and the curve can be drawn before the first step.
All functions return a factor of the configured learning rate, 0 … 1.

Sources   poly: Chen et al., DeepLab (2017), equation in section 4.1, https://arxiv.org/abs/1606.00915
          cosine: Loshchilov, Hutter, SGDR (2017), equation 5 without restarts, https://arxiv.org/abs/1608.03983
          one cycle: Smith, Topin, Super-Convergence (2017), https://arxiv.org/abs/1708.07120
"""

import math
from collections.abc import Sequence

ONE_CYCLE_RISE = 0.3
"""Share of the training in which `one_cycle` rises."""
ONE_CYCLE_START = 0.04
"""Initial rate of `one_cycle`, as a factor of the peak rate."""


def rate_factor(name: str, step: int, total_steps: int, *, warmup_steps: int = 0, power: float = 0.9) -> float:
    """Factor of the learning rate at a step.

    Args:
        name: constant, poly, cosine, one_cycle, or plateau (constant here; see ``plateau_factor``).
        step: 0 … total_steps - 1.
        total_steps: of the whole training.
        warmup_steps: the factor rises linearly from 1 / (warmup_steps + 1) before the schedule begins.
        power: of poly.
    """
    if step < warmup_steps:
        return (step + 1) / (warmup_steps + 1)
    progress = min((step - warmup_steps) / max(1, total_steps - warmup_steps), 1.0)
    if name in ("constant", "plateau"):
        return 1.0
    if name == "poly":
        return math.pow(1.0 - progress, power)
    if name == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * progress))
    if name == "one_cycle":
        if progress < ONE_CYCLE_RISE:
            return ONE_CYCLE_START + (1.0 - ONE_CYCLE_START) * _half_cosine(progress / ONE_CYCLE_RISE)
        return 1.0 - _half_cosine((progress - ONE_CYCLE_RISE) / (1.0 - ONE_CYCLE_RISE))
    raise ValueError(f"no schedule is called {name!r}")


def _half_cosine(x: float) -> float:
    """0 → 0, 1 → 1, flat at both ends."""
    return 0.5 * (1.0 - math.cos(math.pi * x))


def plateau_factor(scores: Sequence[float], *, patience: int, factor: float) -> float:
    """Factor of ``plateau`` after these validation scores, one per finished epoch, higher is better.

    Each time ``patience`` epochs in a row bring no better score, the rate is multiplied by ``factor`` (below 1) and the
    count restarts.
    """
    result, best, waited = 1.0, -math.inf, 0
    for score in scores:
        if score > best:
            best, waited = score, 0
        else:
            waited += 1
            if waited == patience:
                result, waited = result * factor, 0
    return result


def epochs_without_gain(scores: Sequence[float]) -> int:
    """Number of epochs since the best score; NaN never counts as better."""
    best = max((score for score in scores if score > -math.inf), default=None)
    return len(scores) if best is None else len(scores) - 1 - list(scores).index(best)
