"""What people take away: exact, readable by the usual tools, and safely named."""

import contextlib
import csv
import io
import json
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image as PillowImage
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from scipy import ndimage

from segcore.inference import coco_json, prediction_files
from segcore.palette import default_colours
from segcore.types import IGNORE, Prediction

CLASSES = ("background", "cat", "dog")
CAREFULLY = settings(deadline=None, max_examples=60, derandomize=True)
# pycocotools 2.0.11 speaks NumPy 1 in one place.
OF_PYCOCOTOOLS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
MASKS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 2))


def predicted(labels, classes=CLASSES, seed=0):
    labels = np.asarray(labels, np.uint8)
    shares = np.random.default_rng(seed).random((2, *labels.shape), np.float32)
    return Prediction(
        labels=labels,
        confidence=shares[0],
        runner_up=((labels + 1) % len(classes)).astype(np.uint8),
        uncertainty=shares[1],
        classes=classes,
        colours=default_colours(classes),
        seconds=0.1,
        working_size=labels.shape,
        tiles=1,
        engine="test",
    )


def blobs(height=240, width=320, seed=0):
    """Smooth random regions with holes and specks, as networks draw them."""
    noise = np.random.default_rng(seed).random((3, height // 8, width // 8)).astype(np.float32)
    planes = [cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC) for plane in noise]
    return predicted(np.argmax(planes, axis=0))


def as_coco(document):
    coco = COCO()
    coco.dataset = json.loads(document)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints
        coco.createIndex()
    return coco


@CAREFULLY
@given(MASKS)
def test_class_table_counts_like_scipy(labels):
    prediction = predicted(labels)
    rows = prediction_files.class_table(prediction)
    assert [row.name for row in rows] == list(CLASSES)
    assert sum(row.pixels for row in rows) == labels.size
    assert sum(row.share for row in rows) == pytest.approx(1)
    for row in rows:
        mask = labels == row.class_id
        assert row.pixels == mask.sum()
        assert row.components == ndimage.label(mask, structure=np.ones((3, 3)))[1]
        if mask.any():
            assert row.mean_confidence == pytest.approx(prediction.confidence[mask].mean(), abs=1e-5)
        else:
            assert row.mean_confidence is None


@OF_PYCOCOTOOLS
@CAREFULLY
@given(labels=MASKS)
def test_pycocotools_reads_back_every_pixel(labels):
    """Oracle: decoding all annotations with COCO's own tools gives the label map again."""
    coco = as_coco(coco_json({"a.png": predicted(labels)}))
    again = np.zeros_like(labels)
    for annotation in coco.dataset["annotations"]:
        decoded = coco.annToMask(annotation).astype(bool)
        assert not again[decoded].any()  # no two pieces share a pixel
        again[decoded] = annotation["category_id"]
        assert annotation["area"] == decoded.sum()
        rle = coco_mask.encode(np.asfortranarray(decoded.astype(np.uint8)))
        assert annotation["bbox"] == coco_mask.toBbox(rle).tolist()
        assert ndimage.label(decoded, structure=np.ones((3, 3)))[1] == 1
    np.testing.assert_array_equal(again, labels)


@OF_PYCOCOTOOLS
def test_run_lengths_are_pycocotools_own():
    prediction = blobs()
    for annotation in json.loads(coco_json({"a": prediction}))["annotations"]:
        ours = coco_mask.frPyObjects(annotation["segmentation"], 240, 320)
        theirs = coco_mask.encode(np.asfortranarray(coco_mask.decode(ours)))
        assert ours["counts"] == theirs["counts"]


def test_coco_files_report_their_progress_and_stop_when_it_raises():
    """Whoever cancels need not wait for the last of a hundred thousand components."""
    labels = np.zeros((300, 300), np.uint8)
    labels[::2, ::2], labels[1::4, 1::2] = 1, 0
    reports = []
    coco_json({"a": predicted(labels)}, lambda done, of: reports.append((done, of)))
    assert len(reports) >= 200 and reports == sorted(reports)
    assert reports[0] == (0, np.count_nonzero(labels)) and reports[-1][0] <= reports[-1][1]

    def cancel(done, _):
        if done:
            raise KeyboardInterrupt

    begun = time.process_time()
    with pytest.raises(KeyboardInterrupt):
        coco_json({"a": predicted(labels)}, cancel)
    assert time.process_time() - begun < 1


def test_files_of_a_shrunk_photo_have_the_size_of_its_file():
    """Nearest-neighbour: the same components and confidences, at nine times the pixels."""
    small = blobs()
    full = prediction_files.full_prediction(small, (720, 960))
    np.testing.assert_array_equal(full.labels, small.labels.repeat(3, 0).repeat(3, 1))
    np.testing.assert_array_equal(full.confidence, small.confidence.repeat(3, 0).repeat(3, 1))

    def found(prediction, scale):
        annotations = json.loads(coco_json({"a": prediction}))["annotations"]
        keys = [[each["category_id"], *(scale * number for number in each["bbox"])] for each in annotations]
        return sorted((*key, scale**2 * each["area"]) for key, each in zip(keys, annotations, strict=True))

    assert found(full, 1) == found(small, 3)
    assert prediction_files.full_prediction(small, None) is small


def test_several_images_in_one_file_have_their_own_ids():
    document = json.loads(coco_json({"a.jpg": blobs(seed=1), "b.jpg": blobs(seed=2)}))
    assert [(i["id"], i["file_name"], i["width"], i["height"]) for i in document["images"]] == [
        (1, "a.jpg", 320, 240),
        (2, "b.jpg", 320, 240),
    ]
    ids = [annotation["id"] for annotation in document["annotations"]]
    assert ids == list(range(1, len(ids) + 1))
    assert {annotation["image_id"] for annotation in document["annotations"]} == {1, 2}
    assert document["categories"] == [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    with pytest.raises(ValueError, match="one list of classes"):
        coco_json({"a": blobs(), "b": predicted([[0]], classes=("x", "y"))})
    with pytest.raises(ValueError, match="one list of classes"):
        coco_json({})


def test_without_a_background_class_zero_is_an_object_too():
    document = json.loads(coco_json({"a": predicted([[0, 1]], classes=("sky", "road"))}))
    assert [category["id"] for category in document["categories"]] == [0, 1]
    assert len(document["annotations"]) == 2


def decode(data):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_label_png_holds_ids_and_shows_colours():
    prediction = predicted([[0, 1, 2], [2, 1, IGNORE]])
    with PillowImage.open(io.BytesIO(prediction_files.label_png(prediction))) as image:
        assert image.mode == "P"
        np.testing.assert_array_equal(np.asarray(image), prediction.labels)
        rgb = np.asarray(image.convert("RGB"))
    assert tuple(rgb[0, 1]) == prediction.colours[1]
    data = prediction_files.label_png(prediction)
    assert data[24:26] == bytes([8, 3])  # IHDR: eight bits, palette


def test_pictures_hold_what_they_say():
    prediction = blobs()
    maps = decode(prediction_files.maps_png(prediction))
    np.testing.assert_array_equal(maps[..., 0], prediction.labels)
    np.testing.assert_allclose(maps[..., 1] / 255, prediction.confidence, atol=0.5 / 255 + 1e-6)
    np.testing.assert_array_equal(maps[..., 2], prediction.runner_up)
    colours = decode(prediction_files.colour_png(prediction))
    assert (colours == np.asarray(prediction.colours, np.uint8)[prediction.labels]).all()
    grey = cv2.imdecode(np.frombuffer(prediction_files.uncertainty_png(prediction), np.uint8), cv2.IMREAD_UNCHANGED)
    assert grey.shape == (240, 320)
    np.testing.assert_allclose(grey / 255, prediction.uncertainty, atol=0.5 / 255 + 1e-6)
    photo = np.full((240, 320, 3), (10, 120, 240), np.uint8)
    overlay = decode(prediction_files.overlay_png(photo, prediction))
    assert (overlay[prediction.labels == 0] == photo[0, 0]).all()
    assert (overlay[prediction.labels == 1] != photo[0, 0]).any(axis=1).all()


def test_csv_has_a_row_per_class_and_no_formula():
    text = prediction_files.csv_table({"=cmd|' /C calc'!A0": blobs(), "b.jpg": predicted([[1, 1]])})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 6
    assert rows[0]["image"].startswith("'=")
    assert rows[4] | {"mean_confidence": ""} == {
        "image": "b.jpg",
        "class_id": "1",
        "class": "cat",
        "pixels": "2",
        "share": "1.000000",
        "components": "1",
        "mean_confidence": "",
    }
    assert rows[3]["mean_confidence"] == ""


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("cat.jpg", "cat"),
        ("my cat (1).tar.gz", "my_cat_1_.tar"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\cat.png", "cat"),
        ("...", "image"),
        ("", "image"),
        (".hidden", "image"),
        ("con.png", "con_"),
        ("nul.tar.gz", "nul.tar_"),
        ("<img src=x>.jpg", "img_src_x"),
        ("猫.jpg", "猫"),
        ("e\u0301.jpg", "\u00e9"),
        ("a" * 300 + ".jpg", "a" * 80),
    ],
)
def test_stems_that_every_system_accepts(name, stem):
    assert prediction_files.safe_stem(name) == stem


@settings(deadline=None, max_examples=100, derandomize=True)
@given(st.text(max_size=120))
def test_no_name_escapes_its_folder(name):
    stem = prediction_files.safe_stem(name)
    assert 1 <= len(stem) <= 81
    assert not set(stem) & set('/\\:*?"<>|\0\n')
    assert not stem.startswith(".")


def test_pictures_are_written_fast():
    """In CPU time, since tests share the machine; the bound is what a page may wait for one picture."""
    prediction = blobs(768, 1024)
    photo = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    photo = cv2.resize(photo, (1024, 768), interpolation=cv2.INTER_CUBIC)
    for write in (
        lambda: prediction_files.label_png(prediction),
        lambda: prediction_files.maps_png(prediction),
        lambda: prediction_files.overlay_png(photo, prediction),
    ):
        start = time.process_time()
        write()
        assert time.process_time() - start < 0.5
