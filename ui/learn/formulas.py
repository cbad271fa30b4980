"""A formula with its symbols and with the current numbers, built so that a test can recompute it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Number = float | int


@dataclass(frozen=True)
class Formula:
    """One formula, twice: in symbols and in numbers."""

    name: str  # of the formula within its lesson, for tests
    symbols: str  # LaTeX, as in a textbook
    numbers: str  # LaTeX with ``@symbol@`` for each number. The right side of the last "=" must follow from the left
    values: Mapping[str, Number]  # symbol → number, for every symbol in ``numbers``
    # symbol → "#rrggbb", the colour of the same number in a view
    colours: Mapping[str, str] = field(default_factory=dict)

    def filled(self) -> str:
        """The numbers filled in, in LaTeX.

        Raises:
            ValueError: a symbol has no value.
        """

        def put_in(found: re.Match[str]) -> str:
            name = found[1]
            if name not in self.values:
                raise ValueError(f"the formula {self.name} has no value for {name!r}: {sorted(self.values)}")
            shown = figure(self.values[name])
            return rf"\textcolor{{{self.colours[name]}}}{{{shown}}}" if name in self.colours else shown

        return re.sub(r"@(\w+)@", put_in, self.numbers)

    def latex(self) -> str:
        """Both lines, with an empty one between, because KaTeX adds no space below a tall line."""
        return rf"\begin{{gathered}}{self.symbols}\\{{}}\\[-0.9em]{self.filled()}\end{{gathered}}"


def digits(value: Number) -> str:
    """A number as text: integers in full, others with three significant digits, NaN as a dash.

    Absolute values below 1e-9 are rounding errors in our lessons and become 0.
    """
    if math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) < 1e-9:
        return "0"
    if isinstance(value, int) or float(value).is_integer():
        return str(int(value))
    if abs(value) >= 1e5 or abs(value) < 1e-3:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def figure(value: Number) -> str:
    """A number in LaTeX, rounded as by `digits`."""
    shown = digits(value)
    if "e" in shown:
        mantissa, exponent = shown.split("e")
        return rf"{mantissa}\cdot 10^{{{exponent}}}"
    return {"—": r"\text{—}", "∞": r"\infty", "-∞": r"-\infty"}.get(shown, shown)
