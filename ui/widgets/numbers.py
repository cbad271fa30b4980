"""How numbers of a report are written: three decimals, "—" for a ratio that does not exist."""

import math

from segcore.metrics.bootstrap import Interval

_TO = "\N{NO-BREAK SPACE}–\N{WORD JOINER}\N{NO-BREAK SPACE}"  # a line may end after a dash, even before such a space


def score(value: float, digits: int = 3) -> str:
    """A ratio 0 … 1."""
    return "—" if math.isnan(value) else f"{value:.{digits}f}"


def between(interval: Interval) -> str:
    """An interval of such a ratio; a line never ends within it."""
    return "—" if math.isnan(interval.low) else f"{score(interval.low)}{_TO}{score(interval.high)}"


def percent(share: float) -> str:
    """A share 0 … 1; what is there is never called 0.0 %."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def signed(value: float) -> str:
    """A difference of two ratios, always with its sign."""
    return "—" if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def signed_between(interval: Interval) -> str:
    """An interval of such a difference; a line never ends within it."""
    return "—" if math.isnan(interval.low) else f"{signed(interval.low)}{_TO}{signed(interval.high)}"
