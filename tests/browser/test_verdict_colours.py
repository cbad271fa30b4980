"""Colours of right, wrong and missed: like no class of the mask, and apart for every kind of colour vision.

The viewer and the epoch scrubber share them, so they are tested where they are defined, without a page around them.
"""

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser

from segcore.data import DATASETS
from segcore.palette import default_colours
from segcore.paths import PROJECT
from segcore.types import Colour

PAINT = PROJECT / "ui" / "components" / "viewer" / "paint.js"

# F. Viénot, H. Brettel and J. Mollon, 1999: another model of red- and green-blindness than that of paint.js.
TO_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
BLIND = {
    "normal": np.eye(3),
    "red": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
    "green": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
}


def seen(colour: Colour, kind: str) -> NDArray[np.float64]:
    light = (np.array(colour) / 255) ** 2.2
    light = np.linalg.inv(TO_LMS) @ BLIND[kind] @ TO_LMS @ light
    return np.asarray(255 * light.clip(0, 1) ** (1 / 2.2))


@pytest.fixture(scope="module")
def verdicts(browser: Browser) -> Any:
    """By number of classes; 0: of Pascal VOC in its own colours."""
    sets = {count: default_colours(["background", *map(str, range(count))]) for count in range(1, 22)}
    sets[0] = tuple(DATASETS["voc"].colours)
    script = f"sets => {{ {PAINT.read_text(encoding='utf-8')}; return sets.map(verdictColours); }}"
    page = browser.new_page()
    chosen = page.evaluate(script, [[list(colour) for colour in colours] for colours in sets.values()])
    page.close()
    return {count: (colours, rows) for (count, colours), rows in zip(sets.items(), chosen, strict=True)}


@pytest.mark.parametrize("count", range(22))
def test_verdicts_are_like_no_class_and_apart_for_all(count: int, verdicts: Any) -> None:
    classes, chosen = verdicts[count]
    for verdict, colour in itertools.product(chosen, classes):
        assert np.linalg.norm(np.subtract(verdict, colour)) >= 70, (verdict, colour)
    right, wrong, missed = chosen
    for kind in BLIND:
        for one, other, least in (
            (right, wrong, 45),
            (right, missed, 25),
            (wrong, missed, 45),
        ):  # missed is hatched, too
            assert np.linalg.norm(seen(one, kind) - seen(other, kind)) >= least, (kind, one, other)
