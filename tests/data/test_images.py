"""Every odd file a person may hand in becomes a picture or a sentence."""

import hashlib
import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from segcore.data.image_files import exif_orientation
from segcore.data.images import NotLabels, decode, read_image, read_labels
from segcore.errors import BadImage
from tests.data.photo_files import as_tiff, encoded, png_header

RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (12, 20, 3), np.uint8)


def test_a_photo_keeps_its_pixels_and_is_named_by_its_bytes(tmp_path: Path) -> None:
    data = encoded(PHOTO)
    path = tmp_path / "a cat.png"
    path.write_bytes(data)
    for image in (read_image(data, "a cat.png"), read_image(path)):
        np.testing.assert_array_equal(image.rgb, PHOTO)
        assert image.rgb.dtype == np.uint8
        assert image.name == "a cat.png"
        assert image.image_id == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_photo_upright(orientation: int) -> None:
    stored = {
        1: PHOTO,
        2: PHOTO[:, ::-1],
        3: PHOTO[::-1, ::-1],
        4: PHOTO[::-1],
        5: PHOTO.swapaxes(0, 1),
        6: np.rot90(PHOTO),
        7: np.rot90(PHOTO, 2).swapaxes(0, 1),
        8: np.rot90(PHOTO, -1),
    }[orientation]
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    data = encoded(np.ascontiguousarray(stored), exif=exif)
    np.testing.assert_array_equal(read_image(data).rgb, PHOTO)
    assert exif_orientation(data) == orientation


def test_alpha_is_laid_over_white() -> None:
    rgba = np.zeros((10, 10, 4), np.uint8)
    rgba[:5] = (200, 0, 0, 255)
    rgba[5:] = (200, 0, 0, 0)
    rgb = read_image(encoded(rgba)).rgb
    assert (rgb[:5] == (200, 0, 0)).all()
    assert (rgb[5:] == 255).all()


def test_a_transparent_palette_is_laid_over_white() -> None:
    palette = PIL.Image.fromarray(np.zeros((10, 10), np.uint8)).convert("P")
    palette.putpalette([10, 20, 30])
    assert (read_image(encoded(palette, transparency=0)).rgb == 255).all()
    assert (read_image(encoded(palette)).rgb == (10, 20, 30)).all()


def test_grey_becomes_rgb_and_rgb_becomes_grey() -> None:
    grey = RNG.integers(0, 256, (10, 10), np.uint8)
    np.testing.assert_array_equal(read_image(encoded(grey)).rgb, np.repeat(grey[..., None], 3, axis=2))
    np.testing.assert_array_equal(decode(encoded(grey), channels=1)[..., 0], grey)
    assert decode(encoded(PHOTO), channels=1).shape == (12, 20, 1)


def test_sixteen_bit_colour_tiff() -> None:
    deep = PHOTO.astype(np.uint16) * 257
    np.testing.assert_array_equal(read_image(as_tiff(deep, photometric="rgb")).rgb, PHOTO)


def test_floats_within_one_are_multiplied_and_others_stretched() -> None:
    ramp = np.linspace(0, 0.5, 100, dtype=np.float32).reshape(10, 10)
    assert read_image(as_tiff(ramp)).rgb.max() == 128
    assert read_image(as_tiff(ramp * 1000 - 70)).rgb.min() == 0
    assert read_image(as_tiff(ramp * 1000 - 70)).rgb.max() == 255


def test_cmyk_becomes_rgb() -> None:
    cmyk = PIL.Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # no cyan, full magenta and yellow: red
    red, green, blue = read_image(encoded(cmyk, "JPEG")).rgb[8, 8].astype(int)
    assert red > 230
    assert max(green, blue) < 40


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(kind: str) -> None:
    frames = [PIL.Image.new("RGB", (16, 16), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert tuple(read_image(data).rgb[8, 8]) == (255, 0, 0)


def test_a_tiff_with_four_bands_is_read_as_it_is() -> None:
    bands = RNG.integers(0, 256, (9, 11, 4), np.uint8)
    for data in (
        as_tiff(bands, photometric="minisblack", planarconfig="contig"),
        as_tiff(np.moveaxis(bands, 2, 0), photometric="minisblack", planarconfig="separate"),
    ):
        np.testing.assert_array_equal(decode(data, channels=4), bands)
    np.testing.assert_array_equal(decode(encoded(bands), channels=4), bands)
    with pytest.raises(BadImage, match="has 3 channels, but this dataset has 4"):
        decode(encoded(PHOTO), channels=4)


@pytest.mark.filterwarnings("ignore")
def test_a_bomb_is_refused_where_warnings_only_warn() -> None:
    with pytest.raises(BadImage, match="has 16000 × 16000 = 256 million pixels; the limit is 125 million"):
        read_image(png_header(16000, 16000), "bomb.png")


def test_opencv_gets_the_limit_too() -> None:
    assert int(os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"]) <= 125_000_000


def test_extreme_sides() -> None:
    with pytest.raises(BadImage, match="1 × 1 pixels; there is nothing to segment"):
        read_image(encoded(np.zeros((1, 1, 3), np.uint8)))
    assert read_image(encoded(np.zeros((20, 30000), np.uint8))).rgb.shape == (10, 15000, 3)
    with pytest.raises(BadImage, match="30000 × 4 pixels; there is nothing to segment"):
        read_image(encoded(np.zeros((4, 30000), np.uint8)))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing"),
        (b"%PDF-1.7 ...", "is a PDF document"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64), "begins as a HEIC or AVIF photo"),
        (bytes(range(256)), "is not an image"),
        (b"II*\0" + bytes(100), "is a TIFF that cannot be read"),
    ],
)
def test_what_is_no_photo_gets_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadImage, match=sentence) as caught:
        read_image(data, "holiday.png")
    assert str(caught.value).startswith("holiday.png ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_truncated_file_gets_a_sentence(kind: str, share: float) -> None:
    data = encoded(RNG.integers(0, 256, (64, 64, 3), np.uint8), kind)
    with pytest.raises(BadImage):
        read_image(data[: int(len(data) * share)])


def test_flipped_bytes_give_a_picture_or_a_sentence() -> None:
    """Damage anywhere in the file never lets another kind of exception through."""
    rng = np.random.default_rng(1)
    for kind in ("PNG", "JPEG", "TIFF", "GIF", "WEBP"):
        good = bytearray(encoded(PHOTO, kind))
        for _ in range(40):
            bad = bytearray(good)
            for place in rng.integers(0, len(bad), 3):
                bad[place] = rng.integers(256)
            for read in (read_image, read_labels):
                try:
                    read(bytes(bad))
                except BadImage as error:
                    assert len(str(error)) > 20


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(BadImage, match=r"nowhere\.png cannot be read: No such file"):
        read_image(Path("nowhere.png"))


# --- label maps -------------------------------------------------------------------------------------------------------

LABELS = RNG.integers(0, 5, (10, 14)).astype(np.uint8)


def test_labels_come_back_from_every_exact_form() -> None:
    palette = PIL.Image.fromarray(LABELS).convert("P")
    palette.putpalette(list(range(255, 255 - 15, -1)))  # colours that have nothing to do with the indices
    forms = [encoded(LABELS), encoded(palette), encoded(palette, "GIF"), as_tiff(LABELS)]
    forms += [encoded(LABELS.astype(np.uint16)), as_tiff(LABELS.astype(np.uint16))]
    for data in forms:
        labels = read_labels(data)
        assert labels.dtype == np.uint8
        np.testing.assert_array_equal(labels, LABELS)


def test_a_bilevel_mask_has_the_ids_0_and_1() -> None:
    mask = LABELS > 2
    np.testing.assert_array_equal(read_labels(encoded(mask)), mask.astype(np.uint8))


def test_a_one_pixel_label_map_is_fine() -> None:
    assert read_labels(encoded(np.full((1, 1), 7, np.uint8))).tolist() == [[7]]


@pytest.mark.parametrize(
    ("data", "kind", "sentence"),
    [
        (encoded(PHOTO), "colour_mask", "holds colours"),
        (encoded(LABELS, "JPEG"), "jpeg_mask", "is a JPEG"),
        (encoded(LABELS.astype(np.uint16) * 100), "unknown_value", "holds the value 400"),
    ],
)
def test_what_holds_no_class_ids_is_refused(data: bytes, kind: str, sentence: str) -> None:
    with pytest.raises(NotLabels, match=sentence) as caught:
        read_labels(data, "mask.png")
    assert caught.value.kind == kind
