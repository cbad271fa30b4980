"""Numbers as text, the same in every language: three decimals for scores, "—" for what does not exist."""

import math
from datetime import datetime

from segcore.text import Translator


def score(value: float | None, digits: int = 3) -> str:
    """A ratio 0 … 1, such as 0.613; "—" for None and NaN."""
    return "—" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def percent(share: float | None) -> str:
    """A share 0 … 1 as 41.3 %; a small one that is not 0 is never written as 0.0 %; "—" for None and NaN."""
    if share is None or math.isnan(share):
        return "—"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def signed(value: float) -> str:
    """A difference of two ratios, always with its sign; "—" for NaN."""
    return "—" if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def megabytes(size_mb: float) -> str:
    """120 MB, 8.4 MB."""
    return f"{size_mb:.0f} MB" if size_mb >= 100 else f"{size_mb:.1f} MB"


def millions(count: int) -> str:
    """31.0 M."""
    return f"{count / 1e6:.1f} M"


def byte_size(count: int) -> str:
    """12 kB, 3.4 MB, 1.2 GB."""
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def duration(seconds: float | None, t: Translator) -> str:
    """50 s, 4 min, 2 h 05 min in the language of ``t``; "—" for None."""
    if seconds is None:
        return "—"
    whole = round(seconds)
    if whole < 60:
        return t("time.seconds", seconds=whole)
    if whole < 3600:
        return t("time.minutes", minutes=round(whole / 60))
    return t("time.hours", hours=whole // 3600, minutes=f"{whole % 3600 // 60:02d}")


def moment(unix_seconds: float) -> str:
    """2026-11-20 14:12, in local time."""
    return f"{datetime.fromtimestamp(unix_seconds):%Y-%m-%d %H:%M}"
