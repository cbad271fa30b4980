"""Each method where it can be right, and against another computation where there is one."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from segcore.classical import (
    METHODS,
    adaptive,
    areas_between,
    best_classes,
    canny,
    chan_vese,
    grabcut,
    grow,
    kmeans,
    otsu,
    slic,
    watershed,
)  # fmt: skip
from segcore.classical.regions import by_size
from segcore.types import IGNORE


def disc(size=(60, 80), background=(200, 190, 60), colour=(40, 30, 160), noise=12, seed=0):
    rows, columns = np.mgrid[: size[0], : size[1]]
    truth = (rows - size[0] / 2) ** 2 + (columns - size[1] / 2) ** 2 < (min(size) / 3.2) ** 2
    rgb = np.where(truth[..., None], colour, background).astype(float)
    rgb += np.random.default_rng(seed).normal(0, noise, rgb.shape)
    return np.clip(rgb, 0, 255).astype(np.uint8), truth


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


@pytest.mark.parametrize("method", [otsu, grabcut, chan_vese])
@pytest.mark.parametrize("dark", [False, True])
def test_a_disc_on_a_plain_ground_is_found_whichever_is_brighter(method, dark):
    colours = ((200, 190, 60), (40, 30, 160))
    rgb, truth = disc(background=colours[dark], colour=colours[not dark])
    assert iou(method(rgb) > 0.5, truth) > 0.95


def test_otsu_cuts_where_scikit_image_cuts():
    rgb, _ = disc(noise=30)
    grey = np.repeat(rgb[..., :1], 3, axis=2)
    found = otsu(grey) > 0.5
    above = grey[..., 0] > threshold_otsu(grey[..., 0])
    assert found.any() and not found.all()
    assert (found == above).all() or (found == ~above).all()


def test_a_rectangle_leaves_no_object_outside():
    rgb, truth = disc()
    rgb[:4] = rgb[30, 40]  # a bar of the disc's colours, outside
    inside = np.zeros(truth.shape, bool)
    inside[5:55, 15:65] = True
    takes = [method for method in METHODS.values() if method.takes_rectangle]
    assert [method.name for method in takes] == ["grabcut", "otsu", "adaptive", "chan_vese"]
    for method in takes:
        found = method.run(rgb, inside=inside) > 0.5
        assert not found[~inside].any()
        assert found.any()


def test_grabcut_sees_colour_where_otsu_sees_only_brightness():
    """Red on green of the same brightness, with a rectangle: grey values know nothing of it."""
    rgb, truth = disc(background=(20, 128, 30), colour=(205, 30, 30), noise=10)
    inside = np.zeros(truth.shape, bool)
    inside[5:55, 10:70] = True
    assert iou(grabcut(rgb, inside=inside) > 0.5, truth) > 0.9 > iou(otsu(rgb, inside=inside) > 0.5, truth)


def test_less_contrast_is_less_confidence():
    clear, _ = disc(noise=25)
    faint, _ = disc(background=(130, 130, 130), colour=(105, 105, 105), noise=25)
    for method in (otsu, grabcut):
        assert np.abs(method(clear) - 0.5).mean() > np.abs(method(faint) - 0.5).mean()


@pytest.mark.parametrize("method", [method for method in METHODS.values() if method.takes_rectangle])
def test_one_colour_is_background_and_nobody_is_sure(method):
    np.testing.assert_allclose(method.run(np.full((20, 30, 3), 90, np.uint8)), 0.5)


def test_in_uneven_light_only_the_adaptive_threshold_finds_the_ink():
    light = np.linspace(40, 230, 160)[None, :].repeat(60, axis=0)
    ink = np.zeros((60, 160), bool)
    ink[28:32, 10:150] = True
    rgb = np.repeat(np.where(ink, 0.6 * light, light)[..., None], 3, axis=2).astype(np.uint8)
    assert iou(adaptive(rgb, window=31, offset=4) > 0.5, ink) > 0.9 > 0.5 > iou(otsu(rgb) > 0.5, ink)


def test_a_shorter_border_leaves_specks_out():
    rgb, truth = disc(noise=70)
    assert iou(chan_vese(rgb, smoothness=60) > 0.5, truth) > iou(otsu(rgb) > 0.5, truth)


def test_growing_reaches_what_is_connected_and_alike_and_no_more():
    """Against a search pixel by pixel."""
    rgb, _ = disc(noise=25, size=(30, 40))
    tolerance, seed = 40, (14, 20)
    alike = (np.abs(rgb.astype(int) - rgb[seed].astype(int)) <= tolerance).all(axis=2)
    reached, waiting = np.zeros(alike.shape, bool), [seed]
    while waiting:
        row, col = waiting.pop()
        if 0 <= row < 30 and 0 <= col < 40 and alike[row, col] and not reached[row, col]:
            reached[row, col] = True
            waiting += [(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)]
    found = grow(rgb, row=50, column=50, tolerance=tolerance)
    np.testing.assert_array_equal(found > 0.5, np.where(reached, True, False))
    assert found[seed] == 1


def test_an_edge_encloses_an_area_unless_it_has_a_gap():
    rgb = np.full((60, 80, 3), 30, np.uint8)
    rgb[15:45, 20:60] = 220
    edges = canny(rgb)
    assert areas_between(edges).max() == 1
    open_edges = edges.copy()
    open_edges[28:32] = 0
    assert areas_between(open_edges).max() == 0
    assert areas_between(np.ones((5, 5), np.float32)).max() == 0


def test_groups_of_colours_are_where_the_nearest_mean_is():
    """Lloyd's promise, looked up for every pixel: nobody is nearer to another group's mean colour."""
    rng = np.random.default_rng(0)
    palette = np.array([[200, 30, 30], [30, 160, 60], [40, 60, 200]])
    rgb = np.clip(palette[rng.integers(0, 3, (40, 50))] + rng.normal(0, 6, (40, 50, 3)), 0, 255).astype(np.uint8)
    groups = kmeans(rgb, groups=3)
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    means = np.array([lab[groups == group].mean(axis=0) for group in range(3)])
    nearest = ((lab[:, :, None] - means) ** 2).sum(axis=3).argmin(axis=2)
    np.testing.assert_array_equal(groups, nearest)
    assert np.bincount(groups.ravel()).tolist() == sorted(np.bincount(groups.ravel()), reverse=True)


@pytest.mark.parametrize("method", [METHODS["watershed"], METHODS["felzenszwalb"], METHODS["slic"]])
def test_regions_keep_to_the_borders_of_things(method):
    rgb, truth = disc(size=(120, 160), noise=4)
    labels, purity = best_classes(method.run(rgb), truth.astype(np.uint8), 2)
    assert iou(labels == 1, truth) > 0.9
    assert purity.mean() > 0.97


def test_compact_superpixels_are_compact():
    rgb, _ = disc(size=(120, 160), noise=12)

    def border(regions):
        return (regions[1:] != regions[:-1]).sum() + (regions[:, 1:] != regions[:, :-1]).sum()

    assert border(slic(rgb, segments=40, compactness=60)) < border(slic(rgb, segments=40, compactness=10))


def test_flatter_springs_make_fewer_basins():
    rgb, _ = disc(size=(120, 160), noise=40)
    assert watershed(rgb, flat=12).max() < watershed(rgb, flat=3).max() < watershed(rgb, flat=3, smallest=5).max()


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(0, 10**6))
def test_no_other_naming_labels_more_pixels_rightly(seed):
    rng = np.random.default_rng(seed)
    regions = rng.integers(0, 5, (6, 7)).astype(np.int32)
    truth = rng.choice(np.array([0, 1, 2, IGNORE], np.uint8), (6, 7))
    labels, purity = best_classes(regions, truth, 3)
    for region in np.unique(regions):
        here, valid = regions == region, (regions == region) & (truth != IGNORE)
        counts = [(truth[valid] == label).sum() for label in range(3)]
        assert len(set(labels[here])) == 1
        assert counts[labels[here][0]] == max(counts)
        assert purity[here][0] == pytest.approx(max(counts) / valid.sum() if valid.any() else 1.0)


def test_numbers_by_size():
    regions = np.array([[7, 7, -1], [3, 7, -1]])
    np.testing.assert_array_equal(by_size(regions), [[0, 0, 1], [2, 0, 1]])
