"""Anchors, matching, NMS and the two ways to cut a box out, each against torchvision's own."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torchvision import ops
from torchvision.models.detection._utils import Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

from segcore.explain import anchors, roi
from segcore.explain.downsampling import downsample
from segcore.explain.objects import box_of, connected_instances, synthetic_instances

EDGE = st.integers(0, 90)
BOX = st.tuples(EDGE, EDGE, st.integers(1, 40), st.integers(1, 40)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)
BOXES = st.lists(BOX, min_size=1, max_size=25).map(np.array)
quick = settings(deadline=None, max_examples=25, derandomize=True)


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_anchors_are_those_of_torchvision_moved_to_the_middle_of_cells(stride: int) -> None:
    sizes, ratios = (16, 32, 64), (0.5, 1.0, 2.0)
    images = ImageList(torch.zeros(1, 3, 96, 128), [(96, 128)])
    generator = AnchorGenerator((sizes,), (ratios,))
    (theirs,) = generator(images, [torch.zeros(1, 1, 96 // stride, 128 // stride)])
    ours = anchors.anchors((96, 128), sizes, ratios, stride)
    np.testing.assert_allclose(ours, theirs.numpy() + stride / 2)


@quick
@given(BOXES, BOXES)
def test_iou_is_that_of_torchvision(a: anchors.Boxes, b: anchors.Boxes) -> None:
    theirs = ops.box_iou(torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_allclose(anchors.box_iou(a, b), theirs)


@quick
@given(BOXES, BOXES, st.sampled_from([0.3, 0.5, 0.7]), st.booleans())
def test_matching_is_that_of_torchvision(
    boxes: anchors.Boxes, offered: anchors.Boxes, threshold: float, best_too: bool
) -> None:
    ours = anchors.match(boxes, offered, threshold, allow_low_quality=best_too)
    theirs = Matcher(threshold, threshold, allow_low_quality_matches=best_too)(torch.from_numpy(ours.iou)).numpy()
    np.testing.assert_array_equal(ours.positive, theirs >= 0)
    np.testing.assert_array_equal(ours.owner[ours.positive], theirs[theirs >= 0])
    for thing in range(len(boxes)):
        assert ours.count(thing) == (theirs == thing).sum()
        assert ours.iou[thing, ours.best(thing)] == ours.iou[thing].max()


@quick
@given(BOXES, st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.integers(0, 99))
def test_nms_is_that_of_torchvision(boxes: anchors.Boxes, threshold: float, seed: int) -> None:
    scores = np.random.default_rng(seed).permutation(len(boxes)) / len(boxes)
    theirs = ops.nms(torch.from_numpy(boxes), torch.from_numpy(scores), threshold).tolist()
    assert anchors.nms(boxes, scores, threshold) == theirs


@quick
@given(BOX, st.sampled_from([4, 8, 16]), st.sampled_from([3, 7, 14]), st.integers(0, 99))
def test_both_cuts_are_those_of_torchvision(box: tuple[float, ...], stride: int, side: int, seed: int) -> None:
    values = np.random.default_rng(seed).random((128 // stride, 112 // stride))
    features, boxes = torch.from_numpy(values)[None, None], [torch.tensor([box], dtype=torch.float64)]
    pool = ops.roi_pool(features, boxes, side, 1 / stride)[0, 0]
    np.testing.assert_allclose(roi.roi_pool(values, np.array(box), side, stride), pool.numpy())
    align = ops.roi_align(features, boxes, side, 1 / stride, sampling_ratio=roi.POINTS, aligned=True)[0, 0]
    inside = box[2] <= 112 and box[3] <= 128  # beyond the map's rim torchvision says 0, we go on
    if inside:
        np.testing.assert_allclose(roi.roi_align(values, np.array(box), side, stride), align.numpy(), atol=1e-9)


def test_the_rounded_box_is_where_roi_pool_looks() -> None:
    """On a map that holds its own columns, the extremes of the crop are the first and the last column it read."""
    values = np.tile(np.arange(16.0), (16, 1))
    for x1, x2 in ((13, 50), (20, 44), (5, 9), (36, 92)):
        box = np.array([x1, 20.0, x2, 60.0])
        cells = roi.rounded_box(box, 8) / 8
        crop = ops.roi_pool(torch.from_numpy(values)[None, None], [torch.from_numpy(box)[None]], 7, 1 / 8)[0, 0]
        assert crop.max() == cells[2] - 1
        crop = ops.roi_pool(-torch.from_numpy(values)[None, None], [torch.from_numpy(box)[None]], 7, 1 / 8)[0, 0]
        assert -crop.max() == cells[0]


def test_a_mask_is_put_back_as_interpolation_would() -> None:
    crop = np.random.default_rng(3).random((7, 7))
    box = np.array([10.0, 4.0, 31.0, 50.0])
    theirs = F.interpolate(torch.from_numpy(crop)[None, None], (46, 21), mode="bilinear", align_corners=False)
    inside = theirs[0, 0].numpy() >= 0.5
    ours = roi.paste(crop, box, (64, 48))
    np.testing.assert_array_equal(ours[4:50, 10:31], inside)
    assert ours.sum() == inside.sum()


def test_features_are_mean_shares_and_counts_add_up() -> None:
    for thing in synthetic_instances().all:
        mask = torch.from_numpy(thing.mask)[None, None].double()
        np.testing.assert_allclose(downsample(thing.mask, 16, "mean"), F.avg_pool2d(mask, 16)[0, 0].numpy())
        cut = roi.crop_instance(thing, side=7, stride=4, align=True)
        assert cut.tp + cut.fn == thing.mask.sum() and cut.tp + cut.fp == cut.mask.sum()
        assert cut.iou == pytest.approx((cut.mask & thing.mask).sum() / (cut.mask | thing.mask).sum())


def test_boxes_hold_their_masks_and_no_more() -> None:
    for thing in synthetic_instances().all:
        x1, y1, x2, y2 = thing.box.astype(int)
        inside = thing.mask[y1:y2, x1:x2]
        assert inside.sum() == thing.mask.sum()
        assert inside[:, 0].any() and inside[:, -1].any() and inside[0].any() and inside[-1].any()
        assert thing.size == inside.shape[::-1]
    with pytest.raises(ValueError, match="empty"):
        box_of(np.zeros((3, 3), bool))


def test_pieces_of_a_label_map() -> None:
    labels = np.zeros((12, 12), np.uint8)
    labels[1:4, 1:4] = 1
    labels[4, 4] = 1  # touches at a corner: the same piece
    labels[8:10, 1:6] = 1
    labels[8:10, 6:8] = 2  # touches, of another class
    labels[0, 11] = 2  # a speck
    found = connected_instances(labels, [(1, "cat"), (2, "dog")], least=2, most=9)
    assert [(thing.name, int(thing.mask.sum())) for thing in found] == [("cat", 10), ("cat", 10), ("dog", 4)]
    assert len(connected_instances(labels, [(1, "cat"), (2, "dog")], least=2, most=1)) == 1
    assert connected_instances(labels, [(3, "bird")], least=1, most=9) == ()


@quick
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 128))
def test_the_best_that_an_anchor_can_do(width: int, height: int, side: int) -> None:
    iou, shared, together = anchors.centred_iou((width, height), side)
    thing = np.array([[-width, -height, width, height]]) / 2
    anchor = np.array([[-side, -side, side, side]]) / 2
    assert iou == pytest.approx(anchors.box_iou(thing, anchor)[0, 0])
    assert shared / together == iou
