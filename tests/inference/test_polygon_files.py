"""Polygons read back are the mask, within the loss that their file states; one file for many photos."""

import io
import json

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from segcore.inference import BatchFiles, cutout_png, polygon_json, yolo_classes, yolo_text
from segcore.inference.polygons import fill, trace
from segcore.palette import default_colours
from segcore.types import Prediction

CLASSES = ("background", "cat", "dog")


def predicted(labels: NDArray[np.uint8], classes: tuple[str, ...] = CLASSES) -> Prediction:
    ones = np.ones(labels.shape, np.float32)
    return Prediction(
        labels=labels, confidence=ones, runner_up=labels, uncertainty=ones, classes=classes,
        colours=default_colours(classes), seconds=0.0, working_size=labels.shape, tiles=1, engine="none",
    )  # fmt: skip


def random_labels(seed: int, size: tuple[int, int] = (60, 80)) -> NDArray[np.uint8]:
    """Rough blobs with holes, diagonal touches and single pixels."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 3, (size[0] // 5, size[1] // 5)).repeat(5, 0).repeat(5, 1)
    return np.where(random.random(size) < 0.06, random.integers(0, 3, size), coarse).astype(np.uint8)


def ring() -> NDArray[np.uint8]:
    labels = np.zeros((100, 120), np.uint8)
    rows, columns = np.mgrid[:100, :120]
    distance = np.hypot(rows - 50, columns - 60)
    labels[(distance < 45) & (distance > 20)] = 1
    labels[distance < 10] = 2
    return labels


@pytest.mark.parametrize("seed", range(6))
def test_without_tolerance_polygons_are_exact_with_all_their_holes(seed: int) -> None:
    labels = random_labels(seed)
    back = np.zeros_like(labels)
    for each in trace(predicted(labels), tolerance=0.0):
        assert each.changed == 0
        back[fill(each.polygon, labels.shape)] = each.class_id
    np.testing.assert_array_equal(back, labels)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in pycocotools
@pytest.mark.parametrize("labels", [ring(), random_labels(9), np.ones((8, 8), np.uint8)], ids=["ring", "rough", "all"])
def test_the_file_states_the_pixels_that_differ_and_pycocotools_reads_the_same(labels: NDArray[np.uint8]) -> None:
    mask = pytest.importorskip("pycocotools.mask")
    document = json.loads(polygon_json({"a.png": predicted(labels)}))
    height, width = labels.shape
    back = np.zeros_like(labels)
    for annotation in document["annotations"]:
        (polygon,) = annotation["segmentation"]
        encoded = mask.frPyObjects([[float(number) for number in polygon]], height, width)
        back[mask.decode(encoded)[..., 0] > 0] = annotation["category_id"]
    stated = document["info"]["pixels_changed"]
    assert stated <= 0.1 * document["info"]["pixels"]
    boundary = sum(len(annotation["segmentation"][0]) for annotation in document["annotations"])
    assert np.count_nonzero(back != labels) <= 2 * stated + boundary  # pycocotools rounds sloped edges its own way


def test_simplified_polygons_have_few_vertices_and_keep_the_hole() -> None:
    (found, *_) = trace(predicted(ring()))
    assert len(found.polygon) < 60  # 412 corners without tolerance
    back = fill(found.polygon, ring().shape)
    assert not back[50, 60] and back[50, 30]
    assert np.count_nonzero(back != (ring() == 1)) == found.changed < 0.03 * found.pixels


def test_yolo_lines_read_back_as_the_mask() -> None:
    labels = ring()
    back = np.zeros_like(labels)
    for line in yolo_text(predicted(labels)).splitlines():
        number, *shares = line.split()
        points = np.array(shares, float).reshape(-1, 2)
        assert points.min() >= 0 and points.max() <= 1
        back[fill(np.rint(points * (120, 100)).astype(np.int32), labels.shape)] = int(number) + 1
    changed = sum(each.changed for each in trace(predicted(labels)))
    assert np.count_nonzero(back != labels) <= changed
    assert yolo_classes(predicted(labels)) == 'names:\n  0: "cat"\n  1: "dog"\n'


def test_a_cut_out_hides_the_rest_of_the_photo_in_the_file_too() -> None:
    rgb = np.random.default_rng(0).integers(1, 255, (100, 120, 3), np.uint8)
    image = np.asarray(PIL.Image.open(io.BytesIO(cutout_png(rgb, ring() == 2))))
    assert image.shape == (100, 120, 4)
    np.testing.assert_array_equal(image[..., 3] == 255, ring() == 2)
    np.testing.assert_array_equal(image[50, 60, :3], rgb[50, 60])
    assert not image[0, 0].any()


def test_a_batch_is_one_coco_file_and_one_table() -> None:
    batch = BatchFiles()
    batch.add("a.png", predicted(ring()))
    batch.add("b.png", predicted(np.ones((9, 9), np.uint8), ("#1", "#2")))
    for kind in ("rle", "polygons"):
        document = json.loads(batch.coco(kind))
        assert [image["file_name"] for image in document["images"]] == ["a.png", "b.png"]
        ids = [annotation["id"] for annotation in document["annotations"]]
        assert ids == list(range(1, len(ids) + 1))
        names = {category["id"]: category["name"] for category in document["categories"]}
        assert len(names) == len(document["categories"]) == 4
        of_b = [names[each["category_id"]] for each in document["annotations"] if each["image_id"] == 2]
        assert of_b == ["#2"]
    assert document["info"]["tolerance_px"] == 1
    batch.add("c.png", predicted(ring()), tolerance=2)
    info = json.loads(batch.coco("polygons"))["info"]
    assert info["tolerance_px"] == 2 and 0 < info["share_changed"] < 0.1
    table = batch.table.splitlines()
    assert table[0].startswith("image,class_id") and sum(line.startswith("image,") for line in table) == 1
    assert {line.split(",")[0] for line in table[1:]} == {"a.png", "b.png", "c.png"}
