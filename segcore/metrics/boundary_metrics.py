"""How well outlines fit, which a ratio of areas hardly sees: boundary F and Boundary IoU.

Boundary F. The outline of a class is its pixels that touch another class above, below or beside them. A pixel of a
predicted outline is right if the true outline of the same class lies within a tolerance, and the other way round:

    precision = right pixels of predicted outlines / all of them        recall = the same of true outlines
    F = 2 · precision · recall / (precision + recall)

of each class in each image; mean over the classes that have an outline in an image, in truth or prediction, then over
images. The tolerance is 0.0075 of the image's diagonal (Csurka et al., "What is a good evaluation measure for semantic
segmentation?", BMVC 2013; 4.5 pixels at 480 x 360). Two ways to say "right":

    within the tolerance   any outline pixel may vouch for any number of others. Fast, and a little kind.
    one to one             each pixel can be matched only once, as in the benchmark of Berkeley (Martin, Fowlkes, Malik,
                           2004), which Csurka's and SegNet's scripts call. Here the largest matching that there is; the
                           benchmark minimises distances as well, which changes next to nothing in the count.

Boundary IoU. The IoU of only the pixels near the inner side of an outline: a mask without the part that is further than
d pixels (in rows and columns) from its outside; what lies beyond the edge of the image is outside. d is 0.02 of the
diagonal, at least 1. Cheng et al., "Boundary IoU", CVPR 2021, https://arxiv.org/abs/2103.16562. The authors score
objects; for classes we sum the pixels over all images, as for the IoU itself.

Under IGNORE the truth is unknown. There both maps are continued from the nearest pixel that counts, so the strips round
the objects of Pascal VOC and Oxford Pets do not swallow their outlines: where both sides of a strip were labelled
right, the outline in its middle is right, as far as anybody can tell. Outline pixels further inside than the width of
the band, and for Boundary IoU all ignored pixels, do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.types import IGNORE, LabelMap

TOLERANCE = 0.0075
"""Of boundary F, as a share of the image's diagonal."""

BAND = 0.02
"""Width of Boundary IoU's band, as a share of the image's diagonal."""

_NOTHING = 254
"""Marks pixels that are in no outline and no band; class ids stay below (``segcore.data`` allows 254 classes)."""

Pixels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BoundaryCounts:
    """Pixels of one image; all (K,) int64.

    Attributes:
        found: of predicted outlines.
        found_right: those of them that fit.
        truth: of true outlines.
        truth_right: those of them that were found.
        band_shared: in both bands of a class.
        band_union: in one or both.
    """

    found: Pixels
    found_right: Pixels
    truth: Pixels
    truth_right: Pixels
    band_shared: Pixels
    band_union: Pixels


@dataclass(frozen=True)
class BoundaryScores:
    """Both measures over several images; 0 … 1, NaN where a class has no outline anywhere.

    Attributes:
        f: boundary F of each class, mean over the images where it has an outline.
        mean_f: mean over the classes of each image, then over images.
        iou: Boundary IoU of each class over all images.
        mean_iou: mean of those that exist.
    """

    f: tuple[float, ...]
    mean_f: float
    iou: tuple[float, ...]
    mean_iou: float


def boundary_counts(
    labels: LabelMap,
    truth: LabelMap,
    num_classes: int,
    *,
    tolerance: float = TOLERANCE,
    band: float = BAND,
    one_to_one: bool = False,
) -> BoundaryCounts:
    """Compare the outlines of one image.

    Args:
        labels: (H, W) predicted ids, 0 … K-1.
        truth: (H, W) true ids or IGNORE.
        num_classes: K.
        tolerance: as a share of the diagonal.
        band: as a share of the diagonal.
        one_to_one: match each outline pixel at most once; slower.

    Raises:
        ValueError: the sizes differ.
    """
    if labels.shape != truth.shape:
        raise ValueError(f"labels are {labels.shape}, the truth is {truth.shape}: (height, width) must be equal.")
    diagonal = float(np.hypot(*labels.shape))
    reach = tolerance * diagonal
    valid = truth != IGNORE
    if not valid.any():
        nothing = np.zeros(num_classes, np.int64)
        return BoundaryCounts(nothing, nothing, nothing, nothing, nothing, nothing)
    width = max(1, round(band * diagonal))
    labels, truth, near = _continued(labels, truth, valid, width)
    found, true = (np.where(_edges(ids) & near, ids, np.uint8(_NOTHING)) for ids in (labels, truth))
    match = _matched_once if one_to_one else _within_reach
    found_right, truth_right = (_histogram(ids, num_classes) for ids in match(found, true, reach))
    one, other = (np.where(_bands(ids, width) & valid, ids, np.uint8(_NOTHING)) for ids in (labels, truth))
    shared = _histogram(one[one == other], num_classes)
    return BoundaryCounts(
        found=_histogram(found, num_classes),
        found_right=found_right,
        truth=_histogram(true, num_classes),
        truth_right=truth_right,
        band_shared=shared,
        band_union=_histogram(one, num_classes) + _histogram(other, num_classes) - shared,
    )


def boundary_scores(images: Sequence[BoundaryCounts]) -> BoundaryScores:
    """Both measures over the counts of at least one image."""
    found, found_right, truth, truth_right, shared, union = (
        np.stack([getattr(image, name) for image in images]) for name in BoundaryCounts.__dataclass_fields__
    )  # each (N, K)
    precision, recall = _ratio(found_right, found), _ratio(truth_right, truth)
    # Where one of the two has no outline at all, nothing fits: F is 0. Where neither has, there is no F.
    both = np.nan_to_num(precision) + np.nan_to_num(recall)
    f = np.where(found + truth > 0, 2 * np.nan_to_num(precision * recall) / np.where(both > 0, both, 1), np.nan)
    iou = _ratio(shared.sum(0), union.sum(0))
    return BoundaryScores(
        f=tuple(_means(f, 0).tolist()),
        mean_f=float(_means(_means(f, 1), 0)),
        iou=tuple(iou.tolist()),
        mean_iou=float(_means(iou, 0)),
    )


def _continued(
    labels: LabelMap, truth: LabelMap, valid: NDArray[np.bool_], depth: float
) -> tuple[LabelMap, LabelMap, NDArray[np.bool_]]:
    """Both maps continued under IGNORE, and the pixels at most ``depth`` from one that counts."""
    if valid.all():
        return labels, truth, valid
    ignored = (~valid).astype(np.uint8)
    distance = cv2.distanceTransform(ignored, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    _, nearest = cv2.distanceTransformWithLabels(ignored, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    maps = []
    for ids in (labels, truth):
        of_pixel = np.zeros(int(nearest.max()) + 1, np.uint8)  # OpenCV numbers the pixels that count
        of_pixel[nearest[valid]] = ids[valid]
        maps.append(of_pixel[nearest])
    return maps[0], maps[1], distance <= depth


def _edges(ids: LabelMap) -> NDArray[np.bool_]:
    """Pixels with another label above, below, to the left or to the right."""
    edge = np.zeros(ids.shape, bool)
    down, across = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    return edge


def _bands(ids: LabelMap, width: int) -> NDArray[np.bool_]:
    """Pixels within ``width`` rows and columns of another label or of the outside of the image: all classes at once.

    The authors erode each mask ``width`` times by 3 x 3. A mask without its eroded part is where the square of side
    2 · width + 1 holds something else, which the smallest and the largest id in the square tell for all masks.
    """
    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    band = cv2.erode(ids, square) != cv2.dilate(ids, square)  # OpenCV disregards what is outside the image
    band[:width] = band[-width:] = True
    band[:, :width] = band[:, -width:] = True
    return np.asarray(band)


def _within_reach(found: LabelMap, truth: LabelMap, reach: float) -> tuple[LabelMap, LabelMap]:
    """The ids of those pixels of each outline that have one of the same class in the other."""
    return _those_near(found, truth, reach), _those_near(truth, found, reach)


def _those_near(mine: LabelMap, other: LabelMap, reach: float) -> LabelMap:
    """One direction: look at distance 0, 1, √2 … and go on only with the pixels that have met nothing yet.

    Most do within a pixel or two, which makes this several times faster than a distance transform for each class.
    """
    margin = int(reach)
    around = np.pad(other, margin, constant_values=_NOTHING)
    rows, columns = np.nonzero(mine != _NOTHING)
    ids, places = mine[rows, columns], (rows + margin) * around.shape[1] + columns + margin
    alone = np.arange(len(ids))
    for down, right in _disc(reach):
        step = down * around.shape[1] + right
        alone = alone[around.ravel()[places[alone] + step] != ids[alone]]
        if not alone.size:
            break
    return np.delete(ids, alone)


def _matched_once(found: LabelMap, truth: LabelMap, reach: float) -> tuple[LabelMap, LabelMap]:
    """The ids of the largest set of pairs of one class within reach that share no pixel, for both outlines alike."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - takes its time to import, and only some ask for it
    from scipy.sparse.csgraph import maximum_bipartite_matching  # noqa: PLC0415

    margin = int(reach)
    truth = np.pad(truth, margin, constant_values=_NOTHING)
    rows, columns = np.nonzero(found != _NOTHING)
    ids = found[rows, columns]
    number = np.cumsum(truth != _NOTHING).reshape(truth.shape) - 1  # of each pixel of the true outlines
    mine, theirs = [], []
    for down, right in _disc(reach):
        there = rows + margin + down, columns + margin + right
        same = np.flatnonzero(truth[there] == ids)
        mine.append(same)
        theirs.append(number[there][same])
    one, other = np.concatenate(mine), np.concatenate(theirs)
    pairs = csr_matrix((np.ones(len(one), np.uint8), (one, other)), shape=(len(rows), int(number.max()) + 1))
    matched = ids[maximum_bipartite_matching(pairs, perm_type="column") >= 0]
    return matched, matched


def _disc(reach: float) -> list[tuple[int, int]]:
    """All steps (down, right) that are not longer than ``reach``, the shortest first."""
    far = int(reach)
    steps = [(down, right) for down in range(-far, far + 1) for right in range(-far, far + 1)]
    near = [step for step in steps if step[0] ** 2 + step[1] ** 2 <= reach**2]
    return sorted(near, key=lambda step: step[0] ** 2 + step[1] ** 2)


def _histogram(ids: LabelMap, num_classes: int) -> Pixels:
    return np.bincount(ids.ravel(), minlength=256)[:num_classes]


def _ratio(part: Pixels, whole: Pixels) -> NDArray[np.float64]:
    """Part / whole, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _means(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Mean along an axis of those that exist; NaN where none does."""
    exist = ~np.isnan(values)
    count = exist.sum(axis)
    total = np.where(exist, values, 0).sum(axis)
    return np.divide(total, count, out=np.full(np.shape(count), np.nan), where=count > 0)
