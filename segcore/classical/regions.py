"""Methods that divide a photo into regions, which have numbers, the largest first, but no names.

kmeans         pixels of similar colour: Lloyd, "Least squares quantization in PCM", 1957
watershed      basins between ridges of the gradient: Beucher, Lantuéjoul 1979; Vincent, Soille, PAMI 1991
felzenszwalb   graph-based merging: Felzenszwalb, Huttenlocher, "Efficient graph-based image segmentation", IJCV 2004
slic           many small regions that follow borders: Achanta et al., "SLIC superpixels compared to state-of-the-art
               superpixel methods", PAMI 2012
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import filters, measure, segmentation

from segcore.classical.thresholds import grey_of
from segcore.types import RGB

_ROUNDS = 30
_TRIES = 3
_WATERSHED_SIGMA = 1.5
_FELZENSZWALB_SIGMA = 0.8
"""In pixels, as in the paper."""


def kmeans(rgb: RGB, *, groups: int = 4, place: int = 0) -> NDArray[np.int32]:
    """Group the pixels of a photo (h, w, 3): 0 … k - 1, the largest group first; reproducible.

    Each pixel is assigned to the nearest of k mean colours (initialised by k-means++), each mean moves to the mean of
    its pixels, until nothing changes. ``groups`` is k, less where there are fewer pixels. ``place`` is the weight of
    position relative to colour, in per cent: at 100 the photo's longer side weighs as much as black against white; at 0
    a group is a colour, not an object.
    """
    height, width = rgb.shape[:2]
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)  # L 0 … 100: equal steps look equal
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    features = np.dstack([lab, rows * place, columns * place]).reshape(-1, 5).astype(np.float32)
    if len(features) == 1:  # OpenCV would read a single row as five points
        return np.zeros((height, width), np.int32)
    k = min(groups, len(features))
    cv2.setRNGSeed(0)  # the means start at random; the result should be reproducible
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, _ROUNDS, 0.1)
    _, found, _ = cv2.kmeans(features, k, None, stop, _TRIES, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    return by_size(np.asarray(found, np.int32).reshape(height, width))


def watershed(rgb: RGB, *, flat: int = 3, smallest: int = 60) -> NDArray[np.int32]:
    """Divide a photo (h, w, 3) into basins, 0 … n - 1, the largest first.

    The gradient of brightness is a landscape that is flooded: water rises from the flat places, and where two floods
    meet there is a border. Every small flat place becomes a basin, so there are too many regions rather than too few. A
    place is flat where the gradient is below ``flat``, in grey levels per pixel; flat places of fewer than ``smallest``
    pixels make no basin.
    """
    height = filters.sobel(cv2.GaussianBlur(grey_of(rgb), (0, 0), _WATERSHED_SIGMA).astype(np.float32))
    flats = measure.label(height < flat, connectivity=1)
    sizes = np.bincount(flats.ravel())
    markers = np.where(sizes[flats] >= smallest, flats, 0)
    if not markers.any():
        return np.zeros(rgb.shape[:2], np.int32)
    return by_size(segmentation.watershed(height, markers))


def felzenszwalb(rgb: RGB, *, scale: int = 150, smallest: int = 60) -> NDArray[np.int32]:
    """Divide a photo (h, w, 3) into regions, 0 … n - 1, the largest first.

    Neighbouring pixels are merged in the order of their difference, as long as the difference between two regions is
    not larger than the variation within them: even areas become large regions, textured ones many small regions.
    ``scale`` is k of the paper, more gives larger regions; those of fewer than ``smallest`` pixels are merged with a
    neighbour.
    """
    return by_size(segmentation.felzenszwalb(rgb, scale=scale, sigma=_FELZENSZWALB_SIGMA, min_size=smallest))


def slic(rgb: RGB, *, segments: int = 150, compactness: int = 10) -> NDArray[np.int32]:
    """Divide a photo (h, w, 3) into about ``segments`` superpixels, 0 … n - 1, the largest first.

    k-means in five dimensions, colour and position, in which each mean only competes in its own neighbourhood: regions
    are compact and of similar size. More ``compactness``, the weight of position, makes them squarer.
    """
    if min(rgb.shape[:2]) == 1 or np.ptp(rgb) == 0:  # one row, one column or one colour
        return np.zeros(rgb.shape[:2], np.int32)
    count = min(segments, rgb.shape[0] * rgb.shape[1])
    return by_size(segmentation.slic(rgb, n_segments=count, compactness=compactness, start_label=0))


def by_size(regions: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the same regions (h, w), numbered from 0 without gaps, the largest first."""
    flat = np.unique(regions, return_inverse=True)[1].reshape(regions.shape)
    order = np.argsort(-np.bincount(flat.ravel()), kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return np.asarray(rank[flat], np.int32)
