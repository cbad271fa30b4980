"""Images of more than 8 bits are scaled by one rule, a dataset's by one scale."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from segcore.checkpoint import load_card
from segcore.data import dataset_range, mix, open_dataset, subset
from segcore.data.image_depth import ValueRange, measured_range, scale_for_network, scale_of, to_eight_bits
from segcore.data.images import decode, read_image
from segcore.errors import BadImage
from segcore.paths import PROJECT
from segcore.text import translate
from segcore.train import make_config
from segcore.train.parts import build
from tests.data.photo_files import as_tiff, encoded, sixteen_bit_png

BROKEN = PROJECT.parent / "shared" / "data" / "broken" / "files"


def ramp(largest: float, kind: type = np.uint16, bands: int = 1) -> np.ndarray:
    values = np.linspace(0, largest, 100 * bands).reshape(10, 10, bands)
    return values.astype(kind)


@pytest.mark.parametrize(
    ("largest", "white"),
    [(65535, 65535), (16000, 16383), (4100, 4095), (4095, 4095), (2500, 4095), (1000, 1023), (200, 255), (20, 31)],
)
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_white_is_the_largest_number_of_the_bits_in_use(largest: int, white: int, bands: int) -> None:
    colours = 3 if bands >= 3 else 1
    deep = ramp(largest, bands=colours)
    alpha = [np.full((10, 10, 1), 65535, np.uint16)] if bands in (2, 4) else []
    stored = np.concatenate([deep, *alpha], axis=2)
    expected = np.minimum(np.rint(deep * (255 / white)), 255)
    kind = {
        "photometric": "rgb" if colours == 3 else "minisblack",
        **({"planarconfig": "contig"} if stored.shape[2] > 1 else {}),
    }
    kind |= {"extrasamples": [2]} if alpha else {}
    for data in (sixteen_bit_png(stored), as_tiff(stored, **kind)):
        photo = read_image(data)
        np.testing.assert_array_equal(photo.rgb, np.broadcast_to(expected, (10, 10, 3)))
        assert f"16-bit image scaled from 0 … {white} to 0 … 255" in map(str, photo.notes)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([0.0, 0.5]), (0, 1)),
        (np.array([0.0, 1.02]), (0, 1)),
        (np.array([0.0, 1.5]), (0, 3)),
        (np.array([0.0, 255.0]), (0, 255)),
        (np.array([-70.0, 430.0]), (-70, 430)),
        (np.array([np.nan, 0.25, np.inf]), (0, 1)),
        (np.array([np.nan]), (0, 1)),
        (np.array([0, 70000], np.int32), (0, 131071)),
        (np.array([-5, 5], np.int16), (-5, 5)),
        (np.array([0, 1], np.int8), (0, 1)),
    ],
)
def test_scales(values: np.ndarray, scale: tuple[float, float]) -> None:
    fractional = bool(np.issubdtype(values.dtype, np.floating))
    assert scale_of(measured_range(values), fractional=fractional) == ValueRange(*scale)


def test_what_is_no_number_is_black_and_overshoot_is_white() -> None:
    values = np.array([[np.nan, np.inf, 0.5, 1.04]], np.float32)
    assert to_eight_bits(values).tolist() == [[0, 0, 128, 255]]
    photo = read_image(as_tiff(np.pad(values, ((4, 4), (4, 4)))))
    assert photo.rgb.max() == 255


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.float32, np.float64, np.int16])
def test_number_types_of_tiffs(kind: type) -> None:
    for bands in (1, 3):
        rgb = read_image(as_tiff(ramp(255, kind, bands), photometric="rgb" if bands == 3 else "minisblack")).rgb
        expected = np.rint(ramp(255, kind, bands)).astype(np.uint8)
        np.testing.assert_array_equal(rgb, np.broadcast_to(expected, (10, 10, 3)))


def test_zero_as_white_is_inverted() -> None:
    assert read_image(as_tiff(ramp(65535), photometric="miniswhite")).rgb[0, 0, 0] == 255


def test_compressions_of_deep_tiffs() -> None:
    deep = ramp(4000, bands=3)
    written, lzw = cv2.imencode(".tif", deep[..., ::-1])  # LZW
    assert written
    expected = np.rint(deep * (255 / 4095))
    for data in (lzw.tobytes(), as_tiff(deep, photometric="rgb", compression="zlib")):
        np.testing.assert_array_equal(read_image(data).rgb, expected)


def test_a_deep_image_is_rotated_and_its_profile_ignored_where_damaged() -> None:
    deep = ramp(4095, bands=3)
    data = as_tiff(deep, photometric="rgb", extratags=[(274, 3, 1, 6, False), (34675, 7, 4, b"none", False)])
    np.testing.assert_array_equal(read_image(data).rgb, np.rot90(np.rint(deep * (255 / 4095)), -1))


@pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")
@pytest.mark.parametrize("name", ["max4100.png", "rgb12in16.png", "f_1.02.tif"])
def test_photos_that_were_black(name: str) -> None:
    assert read_image(BROKEN / name).rgb.max() == 255


def deep_folder(make_folder: Callable[..., Path], **facts: object) -> Path:
    """A dataset whose photos are of 12 bits, most of them dark."""
    root = make_folder(4, **facts)
    for index, largest in enumerate((300, 600, 900, 3900)):
        deep = np.full((20, 30), largest, np.uint16)
        (root / "images" / f"photo{index}.png").write_bytes(encoded(deep))
    return root


def test_a_dataset_has_one_scale(make_folder: Callable[..., Path]) -> None:
    dataset = open_dataset(str(deep_folder(make_folder)))
    values = [int(dataset[index].image[0, 0, 0]) for index in range(4)]
    assert values == [round(largest * 255 / 4095) for largest in (300, 600, 900, 3900)]


def test_the_scale_of_a_dataset_can_be_declared(make_folder: Callable[..., Path]) -> None:
    dataset = open_dataset(str(deep_folder(make_folder, value_range=[300, 1000])))
    assert [int(dataset[index].image[0, 0, 0]) for index in range(4)] == [0, 109, 219, 255]


def test_a_declared_range_needs_two_rising_numbers(make_folder: Callable[..., Path]) -> None:
    for wrong in ([5, 5], [1], "12 bits"):
        root = make_folder(1, at=str(wrong), value_range=wrong)
        with pytest.raises(Exception, match="value_range"):
            open_dataset(str(root))


def test_a_scale_can_be_passed() -> None:
    assert decode(encoded(np.full((8, 8), 500, np.uint16)), value_range=(0, 1000)).max() == 128
    with pytest.raises(BadImage):
        decode(b"II*\0" + bytes(20), value_range=(0, 1000))


# --- photos for a network that was trained on other ranges ------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "trained", "used"),
    [
        ((0, 255), (0, 4095), (0, 4095)),  # a dim photo stays dim
        ((0, 4095), (0, 4095), (0, 4095)),
        ((0, 65535), (0, 4095), (0, 65535)),  # nothing is clipped
        ((-5, 300), (0, 4095), (-5, 300)),
        ((0, 1), (0, 4095), (0, 1)),  # of another unit
        ((0, 255), (0, 1), (0, 255)),
        ((0, 1), (0, 1), (0, 1)),
        ((0, 255), None, (0, 255)),
    ],
)
def test_the_range_of_the_training_images_is_used_where_a_photo_fits(
    own: tuple[float, float], trained: tuple[float, float] | None, used: tuple[float, float]
) -> None:
    found = scale_for_network(ValueRange(*own), None if trained is None else ValueRange(*trained))
    assert found == used


def test_a_dim_photo_is_read_as_the_training_images_were() -> None:
    dim = sixteen_bit_png(ramp(255))
    assert read_image(dim).rgb.max() == 255
    photo = read_image(dim, trained=(0, 4095))
    assert photo.rgb.max() == 16
    (note,) = photo.notes
    assert note == "16-bit image scaled from 0 … 4095, the range of the network's training images, to 0 … 255"
    assert translate("zh", note) != note
    assert read_image(encoded(np.full((9, 9, 3), 200, np.uint8)), trained=(0, 4095)).rgb.max() == 200, "8 bits"


def folder_of_deep_images(root: Path, largest: int) -> Path:
    for inner in ("images", "masks"):
        (root / inner).mkdir(parents=True)
    for number in range(4):
        values = ramp(largest if number == 0 else 300)
        (root / "images" / f"{number}.png").write_bytes(sixteen_bit_png(values))
        cv2.imwrite(str(root / "masks" / f"{number}.png"), np.eye(10, dtype=np.uint8))
    (root / "classes.json").write_text('{"classes": ["background", "leaf"]}')
    return root


def test_a_training_stores_the_range_of_its_images(tmp_path: Path) -> None:
    deep = open_dataset(folder_of_deep_images(tmp_path / "twelve", 4000))
    assert dataset_range(deep) == (0, 4095)
    assert dataset_range(subset(deep, [1, 2])) == (0, 4095)
    other = open_dataset(folder_of_deep_images(tmp_path / "sixteen", 60000))
    assert dataset_range(mix([deep, deep])) == (0, 4095)
    assert dataset_range(mix([deep, other])) is None, "no single range"
    assert dataset_range(open_dataset("shapes:4:32")) is None
    parts = build(make_config({"data": [str(tmp_path / "twelve")], "options": {"width": 4, "depth": 2}, "size": 32}))
    parts.save(tmp_path / "net.safetensors", [])
    assert load_card(tmp_path / "net.safetensors").value_range == (0, 4095)
