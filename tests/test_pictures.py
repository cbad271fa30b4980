"""Images for people: what is shown of any number of channels, and that files hold what was written."""

from pathlib import Path

import numpy as np
import pytest

from segcore.pictures import as_rgb, decode_grey, decode_rgb, encode, encode_palette, square_thumbnail, thumbnail


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 2])
def test_fewer_than_three_channels_are_shown_as_the_grey_of_the_first(channels: int) -> None:
    image = noise(4, 5, channels)
    assert np.array_equal(as_rgb(image), np.repeat(image[..., :1], 3, axis=2))


@pytest.mark.parametrize("channels", [3, 4, 5])
def test_three_and_more_channels_are_shown_in_the_colours_of_the_first_three(channels: int) -> None:
    image = noise(4, 5, channels)
    assert np.array_equal(as_rgb(image), image[..., :3])


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
def test_every_function_shows_an_image_alike(channels: int) -> None:
    image = np.full((20, 30, channels), np.arange(1, channels + 1) * 40, np.uint8)
    shown = as_rgb(image)
    assert np.array_equal(decode_rgb(encode(image)), shown)
    for data in (encode(image, "jpg"), thumbnail(image, 16), square_thumbnail(image, 8)):
        assert np.abs(decode_rgb(data).astype(int) - shown[0, 0]).max() <= 12


def test_maps_of_ids_survive() -> None:
    ids = noise(7, 9)
    assert np.array_equal(decode_grey(encode(ids)), ids)
    palette = encode_palette(ids % 3, [(0, 0, 0), (255, 0, 0), (0, 0, 255)])
    assert decode_rgb(palette)[ids % 3 == 1].tolist() == [[255, 0, 0]] * int((ids % 3 == 1).sum())


@pytest.mark.parametrize(("height", "width", "expected"), [(40, 80, (16, 32)), (9, 7, (9, 7)), (1, 400, (1, 32))])
def test_a_thumbnail_shrinks_and_never_grows(height: int, width: int, expected: tuple[int, int]) -> None:
    assert decode_rgb(thumbnail(noise(height, width, 3), 32)).shape[:2] == expected


@pytest.mark.parametrize(("height", "width"), [(40, 80), (9, 7), (1, 400)])
def test_a_square_thumbnail_is_a_square_of_the_middle(height: int, width: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    image[top : top + edge, left : left + edge] = (200, 100, 50)
    small = decode_rgb(square_thumbnail(image, 24))
    assert small.shape == (24, 24, 3)
    assert np.abs(small.astype(int) - (200, 100, 50)).max() <= 6


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.float32), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8)])
def test_what_is_no_image_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        encode(pixels)


def test_bytes_that_are_no_image_are_refused() -> None:
    with pytest.raises(ValueError, match="no image"):
        decode_rgb(b"nothing")
    with pytest.raises(ValueError, match="no image"):
        decode_grey(b"nothing")


def test_no_other_module_encodes_images() -> None:
    files = (path for part in ("segcore", "ui", "pages", "benchmarks") for path in Path(part).rglob("*.py"))
    assert [path.name for path in files if "imencode" in path.read_text(encoding="utf-8")] == ["pictures.py"]
