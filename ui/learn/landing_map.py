"""The loss of two weights as a map, on which the learner clicks where a step lands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np

from segcore.explain.descent import HIGH, LOW, OptimiserStep, Pair, landscape
from segcore.types import RGB
from ui.components.clickable import ImagePlace
from ui.learn import colours, figures
from ui.learn.figures import LessonFigure
from ui.learn.formulas import digits
from ui.learn.guess import Verdict
from ui.learn.lesson import lesson_texts

SIDE = 41  # computed losses a side of the map …
SIDE_PX = 480  # … which is drawn with this many pixels
LEVELS = 16  # shades of the map: their edges are contour lines
NEAR = 2.0  # largest difference of each weight that counts as correct, a tenth of the map

Result = TypeVar("Result")

text = lesson_texts("descent")


def map_rgb() -> RGB:
    """(SIDE_PX, SIDE_PX, 3): dark is a high loss. w₁ grows to the right, w₂ upwards, both from LOW to HIGH."""
    _, losses = landscape(SIDE)
    heights = np.log(losses)[::-1]  # the loss varies little in the valley and much on the slopes
    share = (heights - heights.min()) / np.ptp(heights)
    large = cv2.resize(share.astype(np.float32), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
    level = (np.clip(large, 0, 1) * LEVELS).round() / LEVELS
    paper = np.array((250, 250, 248), np.float64)
    return np.asarray((paper + level[..., None] * (np.array(colours.NEGATIVE) - paper)).round(), np.uint8)


def path_rgb(steps: Sequence[OptimiserStep]) -> RGB:
    """The map with the path of an optimiser."""
    rgb = map_rgb()
    places = [place_of(step.before) for step in steps] + [place_of(steps[-1].after)]
    points = np.array([[round(SIDE_PX * place.right), round(SIDE_PX * place.down)] for place in places])
    for colour, width in (((255, 255, 255), 9), (colours.POSITIVE, 5)):
        cv2.polylines(rgb, [points], False, colour, width, cv2.LINE_AA)
    return rgb


def place_of(weights: Pair) -> ImagePlace:
    """Return the place of two weights on the map; the nearest on its edge if they lie outside."""
    w1, w2 = on_map(weights)
    return ImagePlace((HIGH - w2) / (HIGH - LOW), (w1 - LOW) / (HIGH - LOW))


def weights_at(place: ImagePlace) -> Pair:
    """Return the two weights at a place of the map."""
    return LOW + place.right * (HIGH - LOW), HIGH - place.down * (HIGH - LOW)


def on_map(weights: Pair) -> Pair:
    """Return the nearest weights on the map."""
    w1, w2 = (min(max(value, LOW), HIGH) for value in weights)
    return w1, w2


@dataclass(frozen=True)
class LandingGuess(Generic[Result]):
    """The place where the first step of a path lands; a tenth of the map beside it is close enough."""

    path: Callable[[Result], Sequence[OptimiserStep]]

    def is_open(self, _result: Result) -> bool:
        """Every path has a first step."""
        return True

    def prompt(self, lesson: str, result: Result, key: str) -> Pair | None:
        """Draw the map with a ring at the start; a press is the guess."""
        axes = text("landing.axes", low=digits(LOW), high=digits(HIGH))
        figure = LessonFigure(map_rgb(), text("guess"), text("landing.alt"), axes)
        pressed = figures.press([figure], key=key, mark=place_of(self.path(result)[0].before))
        return None if pressed is None else weights_at(pressed)

    def compare(self, lesson: str, result: Result, guess: Pair) -> Verdict:
        """Compare with the weights after the step; beyond the map, its edge is close enough."""
        after = self.path(result)[0].after
        is_near = all(abs(here - there) <= NEAR for here, there in zip(guess, on_map(after), strict=True))
        return Verdict(is_near, _shown(guess), _shown(after))


def _shown(weights: Pair) -> str:
    """Weights as text."""
    return f"w = ({digits(round(weights[0], 1))}, {digits(round(weights[1], 1))})"
