"""Boundary F and Boundary IoU: the quality of boundaries, to which IoU is insensitive.

Boundary F. The boundary of a class is its pixels with another class above, below or beside them. A pixel of a predicted
boundary is correct if the true boundary of the same class is within a tolerance, and vice versa:

    precision = correct pixels of predicted boundaries / all of them        recall = the same for true boundaries
    F = 2 · precision · recall / (precision + recall)

of each class in each image; the mean is over the classes that have a boundary in an image, in ground truth or
prediction, then over images. The tolerance is 0.0075 of the image's diagonal (Csurka et al., "What is a good evaluation
measure for semantic segmentation?", BMVC 2013; 4.5 pixels at 480 x 360). There are two definitions of "correct":

    within the tolerance   a boundary pixel may match any number of others. Fast, and slightly optimistic.
    one to one             each pixel is matched at most once, as in the Berkeley benchmark (Martin, Fowlkes, Malik,
                           2004). Here it is a maximum matching; the benchmark also minimises distances.

Boundary IoU. The IoU of the pixels at the inner side of a boundary: those of a mask that are at most d pixels (in rows
and columns) from its outside, which includes everything beyond the edge of the image. d is 0.02 of the diagonal, at
least 1. Cheng et al., "Boundary IoU", CVPR 2021, https://arxiv.org/abs/2103.16562. The authors score objects; for
classes the pixels are summed over all images, as for the IoU.

Under IGNORE the ground truth is unknown. There both maps are extended from the nearest valid pixel, so that the ignored
strips around the objects of Pascal VOC and Oxford Pets do not remove their boundaries: where both sides of a strip are
labelled correctly, the boundary in its middle counts as correct. Boundary pixels deeper inside than the width of the
band, and for Boundary IoU all ignored pixels, do not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from segcore.metrics.nan_ratios import means, ratio
from segcore.types import IGNORE, LabelMap

TOLERANCE = 0.0075
"""Of boundary F, as a share of the image's diagonal."""

BAND = 0.02
"""Width of Boundary IoU's band, as a share of the image's diagonal."""

_NOTHING = 254
"""Marks pixels outside all boundaries and bands; class ids are below it (``segcore.data`` allows 254 classes)."""

Pixels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BoundaryCounts:
    """Pixels of one image, all (K,) int64: of predicted and true boundaries, those that match, and of both bands."""

    found: Pixels
    found_right: Pixels
    truth: Pixels
    truth_right: Pixels
    band_shared: Pixels
    band_union: Pixels


@dataclass(frozen=True)
class BoundaryScores:
    """Both metrics over several images; 0 … 1, NaN where a class has no boundary anywhere."""

    f: tuple[float, ...]  # boundary F of each class, mean over the images where it has a boundary
    mean_f: float  # mean over the classes of each image, then over images
    iou: tuple[float, ...]  # Boundary IoU of each class over all images
    mean_iou: float  # mean of the existing


def boundary_counts(
    labels: LabelMap,
    truth: LabelMap,
    num_classes: int,
    *,
    tolerance: float = TOLERANCE,
    band: float = BAND,
    one_to_one: bool = False,
) -> BoundaryCounts:
    """Compare the boundaries of one image (H, W), uint8 ids or IGNORE.

    ``tolerance`` and ``band`` are shares of its diagonal. ``one_to_one`` matches a boundary pixel at most once: slower.

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
    if one_to_one:
        found_right = truth_right = _histogram(_matched_once(found, true, reach), num_classes)
    else:
        found_right = _histogram(_those_near(found, true, reach), num_classes)
        truth_right = _histogram(_those_near(true, found, reach), num_classes)
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
    """Return both metrics over the counts of at least one image."""
    found, found_right, truth, truth_right, shared, union = (
        np.stack([getattr(image, name) for image in images]) for name in BoundaryCounts.__dataclass_fields__
    )  # each (N, K)
    precision, recall = ratio(found_right, found), ratio(truth_right, truth)
    # If only one of the two has a boundary, F is 0; if neither has, there is no F.
    both = np.nan_to_num(precision) + np.nan_to_num(recall)
    f = np.where(found + truth > 0, 2 * np.nan_to_num(precision * recall) / np.where(both > 0, both, 1), np.nan)
    iou = ratio(shared.sum(0), union.sum(0))
    return BoundaryScores(
        f=tuple(means(f, 0).tolist()),
        mean_f=float(means(means(f, 1), 0)),
        iou=tuple(iou.tolist()),
        mean_iou=float(means(iou, 0)),
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
    """Return the pixels with another label above, below, to the left or to the right."""
    edge = np.zeros(ids.shape, bool)
    down, across = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    return edge


def _bands(ids: LabelMap, width: int) -> NDArray[np.bool_]:
    """Return the pixels within ``width`` rows and columns of another label or of the outside of the image.

    The authors erode each mask ``width`` times by 3 x 3. A mask minus its erosion is where the square of side
    2 · width + 1 contains another label, that is where its minimum and maximum differ: one pass for all classes.
    """
    square = np.ones((2 * width + 1, 2 * width + 1), np.uint8)
    band = cv2.erode(ids, square) != cv2.dilate(ids, square)  # OpenCV ignores the outside of the image
    band[:width] = band[-width:] = True
    band[:, :width] = band[:, -width:] = True
    return np.asarray(band)


def _those_near(mine: LabelMap, other: LabelMap, reach: float) -> LabelMap:
    """Return the ids of the pixels of a boundary that have a match in the other boundary within reach.

    Most match within a pixel or two, so this is several times faster than a distance transform per class.
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


def _matched_once(found: LabelMap, truth: LabelMap, reach: float) -> LabelMap:
    """Return the ids of a maximum matching of pixels of one class within reach."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - takes its time to import, and only some ask for it
    from scipy.sparse.csgraph import maximum_bipartite_matching  # noqa: PLC0415

    margin = int(reach)
    truth = np.pad(truth, margin, constant_values=_NOTHING)
    rows, columns = np.nonzero(found != _NOTHING)
    ids = found[rows, columns]
    number = np.cumsum(truth != _NOTHING).reshape(truth.shape) - 1  # of each pixel of the true boundaries
    mine, theirs = [], []
    for down, right in _disc(reach):
        there = rows + margin + down, columns + margin + right
        same = np.flatnonzero(truth[there] == ids)
        mine.append(same)
        theirs.append(number[there][same])
    one, other = np.concatenate(mine), np.concatenate(theirs)
    pairs = csr_matrix((np.ones(len(one), np.uint8), (one, other)), shape=(len(rows), int(number.max()) + 1))
    return np.asarray(ids[maximum_bipartite_matching(pairs, perm_type="column") >= 0])


def _disc(reach: float) -> list[tuple[int, int]]:
    """Return all steps (down, right) up to the length ``reach``, the shortest first."""
    far = int(reach)
    steps = [(down, right) for down in range(-far, far + 1) for right in range(-far, far + 1)]
    near = [step for step in steps if step[0] ** 2 + step[1] ** 2 <= reach**2]
    return sorted(near, key=lambda step: step[0] ** 2 + step[1] ** 2)


def _histogram(ids: LabelMap, num_classes: int) -> Pixels:
    return np.bincount(ids.ravel(), minlength=256)[:num_classes]
