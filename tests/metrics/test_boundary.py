"""Outlines against slow loops, and against the way the authors of Boundary IoU write it."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from segcore.metrics import boundary_counts, boundary_scores
from segcore.types import IGNORE

K = 3
Map = NDArray[np.uint8]


def patches(seed: int, size: tuple[int, int] = (14, 11), k: int = K) -> tuple[Map, Map]:
    """A truth of a few rectangles, and labels that are the same moved by a pixel or two, with one more rectangle."""
    rng = np.random.default_rng(seed)

    def draw(ids: Map) -> None:
        top, left = rng.integers(0, size[0] - 2), rng.integers(0, size[1] - 2)
        ids[top : top + rng.integers(2, 7), left : left + rng.integers(2, 7)] = rng.integers(0, k)

    truth = np.zeros(size, np.uint8)
    for _ in range(4):
        draw(truth)
    labels = np.roll(truth, tuple(rng.integers(-1, 2, 2)), (0, 1))
    draw(labels)
    return labels, truth


def outline(ids: Map, c: int) -> list[tuple[int, int]]:
    height, width = ids.shape
    found = []
    for row in range(height):
        for column in range(width):
            if ids[row, column] != c:
                continue
            for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                there = (row + down, column + right)
                if 0 <= there[0] < height and 0 <= there[1] < width and ids[there] != c:
                    found.append((row, column))
                    break
    return found


def near(one: tuple[int, int], other: tuple[int, int], reach: float) -> bool:
    return math.dist(one, other) <= reach


def largest_matching(ones: list, others: list, reach: float) -> int:
    """By augmenting paths (Kuhn 1955)."""
    partner: dict = {}

    def place(one: tuple[int, int], tried: set) -> bool:
        for other in others:
            if other not in tried and near(one, other, reach):
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = one
                    return True
        return False

    return sum(place(one, set()) for one in ones)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(seed=st.integers(0, 10_000), tolerance=st.sampled_from([0.01, 0.06, 0.09, 0.13]))
def test_boundary_f_by_loops(seed: int, tolerance: float) -> None:
    labels, truth = patches(seed)
    reach = tolerance * math.hypot(*truth.shape)
    kind = boundary_counts(labels, truth, K, tolerance=tolerance)
    strict = boundary_counts(labels, truth, K, tolerance=tolerance, one_to_one=True)
    loose_f, strict_f = [], []
    for c in range(K):
        found, true = outline(labels, c), outline(truth, c)
        assert (kind.found[c], kind.truth[c]) == (len(found), len(true))
        fits = sum(any(near(one, other, reach) for other in true) for one in found)
        seen = sum(any(near(one, other, reach) for other in found) for one in true)
        assert (kind.found_right[c], kind.truth_right[c]) == (fits, seen)
        pairs = largest_matching(found, true, reach)
        assert (strict.found_right[c], strict.truth_right[c]) == (pairs, pairs)
        for f, right in ((loose_f, (fits, seen)), (strict_f, (pairs, pairs))):
            if found or true:
                precision, recall = right[0] / max(len(found), 1), right[1] / max(len(true), 1)
                f.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    if loose_f:
        assert boundary_scores([kind]).mean_f == pytest.approx(np.mean(loose_f))
        assert boundary_scores([strict]).mean_f == pytest.approx(np.mean(strict_f))
        assert boundary_scores([strict]).mean_f <= boundary_scores([kind]).mean_f + 1e-12


def mask_to_boundary(mask: Map, dilation_ratio: float) -> Map:
    """As in the paper's listing: a border of zeros, erosion again and again, difference."""
    distance = max(1, round(dilation_ratio * math.hypot(*mask.shape)))
    padded = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=distance)
    return mask - eroded[1:-1, 1:-1]


@settings(deadline=None, max_examples=25, derandomize=True)
@given(seed=st.integers(0, 10_000), band=st.sampled_from([0.02, 0.1, 0.2, 0.9]))
def test_boundary_iou_as_the_authors_write_it(seed: int, band: float) -> None:
    pairs = [patches(seed), patches(seed + 1, (9, 16))]
    counts = [boundary_counts(labels, truth, K, band=band) for labels, truth in pairs]
    ious = boundary_scores(counts).iou
    for c in range(K):
        shared = union = 0
        for labels, truth in pairs:
            one, other = (mask_to_boundary((ids == c).astype(np.uint8), band) for ids in (labels, truth))
            shared, union = shared + (one & other).sum(), union + (one | other).sum()
        assert ious[c] == pytest.approx(shared / union if union else math.nan, nan_ok=True)


def square(place: int = 10) -> Map:
    ids = np.zeros((60, 60), np.uint8)
    ids[place : place + 25, place : place + 25] = 1
    return ids


def test_what_is_predicted_under_ignored_pixels_does_not_matter() -> None:
    labels, truth = square(11), square()
    truth[40:, 20:] = IGNORE
    truth[15:17, 5:12] = IGNORE
    wild = labels.copy()
    wild[truth == IGNORE] = np.random.default_rng(0).integers(0, 3, (truth == IGNORE).sum())
    one, other = boundary_counts(labels, truth, K), boundary_counts(wild, truth, K)
    assert all((getattr(one, name) == getattr(other, name)).all() for name in one.__dataclass_fields__)


def test_a_strip_of_ignored_pixels_does_not_swallow_the_outline() -> None:
    truth = square()
    edge = cv2.morphologyEx(truth, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    truth[edge] = IGNORE  # as Pascal VOC surrounds its objects
    right = boundary_scores([boundary_counts(square(), truth, 2, tolerance=0.03)])
    assert right.mean_f == 1 and right.f == (1, 1)
    wrong = boundary_scores([boundary_counts(square(16), truth, 2, tolerance=0.03)])
    assert 0 < wrong.mean_f < 0.2


def test_a_class_that_was_missed_or_imagined_counts_as_0() -> None:
    empty = np.zeros((60, 60), np.uint8)
    missed = boundary_scores([boundary_counts(empty, square(), K)])
    assert missed.f[:2] == (0, 0) and math.isnan(missed.f[2]) and missed.mean_f == 0
    # The background has no outline of its own where nothing else is
    assert boundary_scores([boundary_counts(square(), empty, K)]).mean_f == 0
    nothing = boundary_scores([boundary_counts(empty, empty, K)])
    assert math.isnan(nothing.mean_f)
    assert nothing.iou[0] == 1 and math.isnan(nothing.iou[1])  # the edge of the image bounds its band
    both = boundary_scores([boundary_counts(square(), square(), K), boundary_counts(empty, square(), K)])
    assert both.mean_f == 0.5 and both.f[:2] == (0.5, 0.5)


def test_nothing_that_counts() -> None:
    ignored = boundary_counts(square(), np.full((60, 60), IGNORE, np.uint8), K)
    assert not any(getattr(ignored, name).any() for name in ignored.__dataclass_fields__)
    assert math.isnan(boundary_scores([ignored]).mean_iou)
    with pytest.raises(ValueError, match="must be equal"):
        boundary_counts(square(), square()[1:], K)


def test_the_tolerance_is_that_of_the_paper() -> None:
    """0.0075 of the diagonal of 480 x 360 is 4.5 pixels."""
    truth = np.zeros((360, 480), np.uint8)
    truth[:, 240:] = 1
    four, five = np.roll(truth, 4, 1), np.roll(truth, 5, 1)
    four[:, :4] = five[:, :5] = 0
    assert boundary_scores([boundary_counts(four, truth, 2)]).mean_f == 1
    assert boundary_scores([boundary_counts(five, truth, 2)]).mean_f == 0
