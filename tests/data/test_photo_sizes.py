"""Large, cut off and damaged files, pages without end, HEIC and AVIF."""

import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from segcore.data import check_dataset, image_files
from segcore.data.images import decode, read_image, read_labels
from segcore.errors import BadImage
from segcore.paths import PROJECT
from tests.data.photo_files import as_tiff, encoded, png_header, sixteen_bit_png

PHOTOS = Path(__file__).parent / "photos"
BROKEN = PROJECT.parent / "shared" / "data" / "broken" / "files"
QUARTERS = ((200, 30, 30), (30, 160, 60), (40, 60, 190))


def halves(height: int, width: int) -> np.ndarray:
    """Left black, right white."""
    values = np.zeros((height, width, 3), np.uint8)
    values[:, width // 2 :] = 255
    return values


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_photos_are_shrunk_by_a_whole_factor(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.data.photo_decoding.MAX_PIXELS", 40_000)
    photo = read_image(encoded(halves(400, 300), kind))
    assert photo.rgb.shape == (200, 150, 3)
    assert photo.full_size == (400, 300)
    assert "shrunk to" in str(photo.notes[0])
    assert photo.rgb[:, :70].max() < 20
    assert photo.rgb[:, 80:].min() > 235
    assert decode(encoded(halves(400, 300), kind)).shape == (400, 300, 3)  # a dataset's mask must fit


def test_a_shrunk_photo_is_rotated_and_keeps_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.data.photo_decoding.MAX_PIXELS", 40_000)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    photo = read_image(encoded(halves(400, 300), "JPEG", exif=exif))
    assert photo.rgb.shape == (150, 200, 3)
    assert photo.full_size == (300, 400)
    palette = read_image(encoded(PIL.Image.fromarray(halves(400, 300)).convert("P")))
    assert palette.rgb.shape == (200, 150, 3)
    assert read_image(sixteen_bit_png(halves(400, 300).astype(np.uint16) * 257)).rgb.shape == (200, 150, 3)
    assert read_image(encoded(halves(200, 200))).full_size is None


def test_48_megapixels_are_accepted() -> None:
    photo = read_image(encoded(PIL.Image.new("RGB", (8000, 6000), (10, 200, 30)), "JPEG"))
    assert photo.rgb.shape == (3000, 4000, 3)
    assert str(photo.notes[0]) == "48 megapixels, shrunk to 12"


def test_absurd_sizes_are_refused_by_the_header() -> None:
    for width, height in ((20000, 20000), (60000, 60000), (12000, 12000)):
        with pytest.raises(BadImage, match=r"million pixels; the limit is 1?\d\d million") as caught:
            read_image(png_header(width, height), "bomb.png")
        assert f"{width * height / 1e6:.0f}" in str(caught.value)


def test_a_tiff_of_many_bytes_is_refused_before_it_is_decoded() -> None:
    small = bytearray(as_tiff(np.zeros((8, 8), np.float64)))
    for tag, size in ((256, 16000), (257, 10000)):
        place = small.index(struct.pack("<H", tag), 8)
        (kind,) = struct.unpack_from("<H", small, place + 2)
        struct.pack_into("<H" if kind == 3 else "<I", small, place + 8, size)
    start = time.perf_counter()
    with pytest.raises(BadImage, match="million pixels"):
        read_image(bytes(small))
    assert time.perf_counter() - start < 1


def endless_tiff() -> bytes:
    """Two pages, the second of which names the first as the next."""
    data = bytearray(as_tiff(np.full((2, 9, 9), 77, np.uint8), photometric="minisblack", metadata=None))
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    (second,) = struct.unpack_from("<I", data, first + 2 + 12 * entries)
    (more,) = struct.unpack_from("<H", data, second)
    struct.pack_into("<I", data, second + 2 + 12 * more, first)
    return bytes(data)


def test_pages_without_end_are_read_once() -> None:
    start = time.perf_counter()
    assert (read_image(endless_tiff()).rgb == 77).all()
    with pytest.raises(BadImage, match="has 1 channels, but this dataset has 5"):
        decode(endless_tiff(), channels=5)
    assert time.perf_counter() - start < 2


@pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")
def test_720_bytes_without_end() -> None:
    with pytest.raises(BadImage, match="5 bands"):
        read_image(BROKEN / "hang-720-bytes.tif")
    assert decode(BROKEN / "hang-720-bytes.tif", channels=5).shape == (8, 8, 5)


def test_bands_on_pages_of_their_own() -> None:
    bands = np.random.default_rng(0).integers(0, 256, (5, 9, 11), np.uint8)
    np.testing.assert_array_equal(decode(as_tiff(bands), channels=5), np.moveaxis(bands, 0, -1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP"])
def test_of_a_cut_off_photo_the_rows_that_were_decoded_are_stated(kind: str) -> None:
    data = encoded(np.random.default_rng(0).integers(1, 256, (64, 64, 3), np.uint8), kind)
    with pytest.raises(BadImage, match=r"cut off or damaged: (\d+) of its 64 rows could be decoded") as caught:
        read_image(data[: len(data) // 2])
    assert 5 <= caught.value.facts["rows"] <= 40


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_check_decodes_every_pixel(make_folder: Callable[..., Path], kind: str) -> None:
    root = make_folder(4)
    data = encoded(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8), kind)
    (root / "images" / "photo1.png").write_bytes(data[: len(data) * 3 // 4])
    findings = {finding.name: finding for finding in check_dataset(root)}
    assert findings["unreadable"].facts["files"] == ("images/photo1.png",)


def test_what_tiffs_cannot_be_is_said_in_one_sentence() -> None:
    with pytest.raises(BadImage, match="5 bands"):
        read_image(as_tiff(np.zeros((5, 16, 16), np.uint8), photometric="minisblack", planarconfig="separate"))


@pytest.mark.parametrize(("name", "shape"), [("upright", (32, 48)), ("ten_bits", (32, 48)), ("rotated", (48, 32))])
def test_heic(name: str, shape: tuple[int, int]) -> None:
    photo = read_image(PHOTOS / f"{name}.heic")
    assert photo.rgb.shape == (*shape, 3)
    stored = np.rot90(photo.rgb) if name == "rotated" else photo.rgb
    for place, colour in zip(((4, 4), (4, 40), (20, 40)), QUARTERS, strict=True):
        assert np.abs(stored[place].astype(int) - colour).max() < 12
    np.testing.assert_array_equal(decode(PHOTOS / f"{name}.heic"), photo.rgb)


def test_a_heic_that_is_cut_off_or_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (PHOTOS / "upright.heic").read_bytes()
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(BadImage, match=r"HEIC or AVIF|HEIF image of"):
            read_image(data[: int(len(data) * share)])
    monkeypatch.setattr(image_files, "_reads_heic", lambda: False)
    with pytest.raises(BadImage, match="pip install pi-heif"):
        read_image(data)


@pytest.mark.parametrize("orientation", [1, 6])
def test_avif(orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    photo = read_image(encoded(halves(24, 32), "AVIF", quality=95, exif=exif))
    assert photo.rgb.shape == ((32, 24, 3) if orientation == 6 else (24, 32, 3))


def test_label_maps_are_rotated_by_their_own_orientation_only() -> None:
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    np.testing.assert_array_equal(read_labels(encoded(labels, exif=exif)), np.rot90(labels, -1))
    np.testing.assert_array_equal(read_labels(encoded(labels)), labels)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # as outside of tests
def test_a_damaged_exif_block_is_orientation_1() -> None:
    photo = halves(16, 24)
    jpeg = encoded(photo, "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff broken")
    assert read_image(jpeg).rgb.shape == (16, 24, 3)
    exif = PIL.Image.Exif()
    exif[0x0112] = 9
    assert read_image(encoded(photo, "PNG", exif=exif)).rgb.shape == (16, 24, 3)
