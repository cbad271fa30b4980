r"""Reads the numbers' line of a formula as arithmetic, for tests: "\frac{@a@}{@b@} = @c@" → (a / b, c).

Only the LaTeX that our lessons write is understood; anything else raises, so that no formula is passed over unseen.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ui.learn.formulas import Formula

_QUIET = re.compile(r"\\[,;!]|\\left|\\right|\\[bB]igg?|\\\\|\{\}")
"""Spaces, sizes of brackets, line breaks."""

_WORDS: dict[str, str] = {
    r"\mathrm{round}": "rounded",
    r"\mathrm{ReLU}": "relu",
    r"\mathrm{clip}": "clipped",
    r"\max": "max",
    r"\min": "min",
    r"\log": "log",
    r"\ln": "log",
    r"\cdot": "*",
    r"\times": "*",
    r"\lfloor": "floor(",
    r"\rfloor": ")",
    r"\lceil": "ceil(",
    r"\rceil": ")",
}

_NAMES: dict[str, Callable[..., Any]] = {
    "rounded": lambda x: math.floor(x + 0.5),
    "relu": lambda x: max(x, 0.0),
    "clipped": lambda x: min(max(x, 0.0), 255.0),
    "max": max,
    "min": min,
    "log": math.log,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "pair": lambda a, b: np.array([a, b], float),
}


def sums(formula: Formula) -> Iterator[tuple[Any, Any]]:
    """Both sides of every equation of the numbers' line, the last "=" of each and those between.

    Raises:
        ValueError: it holds no equation between numbers, or LaTeX that is not known here.
    """
    found = 0
    for equation in re.split(r",\s*\\quad|:\\quad|,\\;|\\rightarrow", formula.numbers):
        sides = [side for side in _parts(equation) if "@" in side]
        values = [_value(side, formula.values) for side in sides]
        for left, right in pairwise(values):
            found += 1
            yield left, right
    if not found:
        raise ValueError(f"{formula.name}: no sum in {formula.numbers}")


def _parts(equation: str) -> list[str]:
    """Split at "=" outside of braces; a side that is a mere name, such as y_{3,2}, is left out."""
    parts, depth = [""], 0
    for letter in equation:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "=" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _value(latex: str, values: Mapping[str, float]) -> Any:
    """A number, or a pair of numbers for "a : b"."""
    first, *second = latex.split(" : ")
    if second:
        return np.array([_value(each, values) for each in (first, *second)])
    code = _python(_QUIET.sub(" ", latex))
    code = re.sub(r"@(\w+)@", lambda sign: f"({float(values[sign[1]])!r})", code)
    code = re.sub(r"([)\d])\s*(?=\(|pair|exp)", r"\1*", code)  # what stands side by side is multiplied
    left_over = re.findall(r"\\[a-zA-Z]+|[{}@]", code)
    if left_over:
        raise ValueError(f"not known here: {left_over} in {latex}")
    return eval(code, {"__builtins__": {}}, dict(_NAMES))  # our own formulas, in a test


def _python(latex: str) -> str:
    """LaTeX → Python, from the outside inwards."""
    for command, arguments, made in (
        (r"\frac", 2, "(({0})/({1}))"),
        (r"\binom", 2, "pair({0},{1})"),
        (r"\sqrt", 1, "sqrt({0})"),
        (r"\underbrace", 1, "({0})"),
        ("e^", 1, "exp({0})"),
        ("^", 1, "**({0})"),
        ("_", 1, ""),
    ):
        latex = _replaced(latex, command, arguments, made)
    for word, python in _WORDS.items():
        latex = latex.replace(word, python)
    latex = re.sub(r"\^(\d)", r"**\1", latex)
    return re.sub(r"\[([^\]]*[<>][^\]]*)\]", r"float(\1)", latex).replace("float(", "1.0*(")


def _replaced(latex: str, command: str, arguments: int, made: str) -> str:
    while (begin := latex.find(command + "{")) >= 0:
        at, inside = begin + len(command), []
        for _ in range(arguments):
            end = _closing(latex, at)
            inside.append(latex[at + 1 : end])
            at = end + 1
        latex = latex[:begin] + made.format(*inside) + latex[at:]
    return latex


def _closing(latex: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[index], 0)
        if depth == 0:
            return index
    raise ValueError(f"no closing brace in {latex}")
