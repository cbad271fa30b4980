"""Colours come out right: profiles, CMYK with and without Adobe's marker, transparency, further bands."""

import io
import struct
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageCms
import pytest

from segcore.data.images import decode, read_image
from segcore.paths import PROJECT
from tests.data.photo_files import as_tiff, encoded, without_adobe_marker

BROKEN = PROJECT.parent / "shared" / "data" / "broken" / "files"
FLAT = np.full((16, 16, 3), (180, 90, 60), np.uint8)
SRGB = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
# xy of red, green, blue and white in Display P3 and Adobe RGB
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
D65 = (0.3127, 0.3290)


def _xyz(point: tuple[float, float]) -> np.ndarray:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _rgb_to_xyz(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """(3, 3), linear RGB → XYZ with white D65 (http://www.brucelindbloom.com/Eqn_RGB_XYZ_Matrix.html)."""
    columns = np.stack([_xyz(point) for point in primaries], axis=1)
    return columns * np.linalg.solve(columns, _xyz(D65))


def profile_of(primaries: tuple[tuple[float, float], ...] | None, gamma: float, name: str) -> bytes:
    """An ICC profile, version 2, of primaries and one gamma; of grey without primaries. White is adapted to D50."""
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1.0, 0.8249])
    adapt = np.linalg.inv(bradford) @ np.diag((bradford @ d50) / (bradford @ _xyz(D65))) @ bradford
    numbers = lambda values: struct.pack(">3i", *(round(value * 65536) for value in values))  # noqa: E731
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    text = name.encode() + b"\0"
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(8 + 3 + 67)}
    tags |= {b"wtpt": b"XYZ " + bytes(4) + numbers(d50), b"cprt": b"text" + bytes(4) + b"none\0"}
    if primaries is None:
        tags[b"kTRC"] = curve
    else:
        matrix = adapt @ _rgb_to_xyz(primaries)
        for index, letter in enumerate((b"r", b"g", b"b")):
            tags[letter + b"XYZ"] = b"XYZ " + bytes(4) + numbers(matrix[:, index])
            tags[letter + b"TRC"] = curve
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for key, unpadded in tags.items():
        data = unpadded + bytes(-len(unpadded) % 4)
        table += key + struct.pack(">II", offset + len(body), len(data))
        body += data
    space = b"GRAY" if primaries is None else b"RGB "
    head = struct.pack(">I4sI4s4s4s", 0, b"lcms", 0x02400000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    head = head + bytes(68 - len(head)) + numbers(d50)
    content = head + bytes(128 - len(head)) + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", len(content)) + content[4:]


def in_srgb(colour: tuple[int, ...], primaries: tuple[tuple[float, float], ...], gamma: float) -> np.ndarray:
    """A colour of a profile in sRGB, by the formulas, clipped."""
    srgb = _rgb_to_xyz(((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)))
    linear = np.linalg.solve(srgb, _rgb_to_xyz(primaries) @ (np.array(colour) / 255) ** gamma).clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055) * 255


@pytest.mark.parametrize(("primaries", "name"), [(P3, "Display P3"), (ADOBE, "Adobe RGB (1998)")])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "AVIF", "JPEG"])
def test_a_profile_is_converted_to_srgb(primaries: tuple[tuple[float, float], ...], name: str, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100} if kind in ("AVIF", "JPEG") else {}
    data = encoded(FLAT, kind, icc_profile=profile_of(primaries, 2.2, name), **options)
    photo = read_image(data)
    assert np.abs(photo.rgb[8, 8] - in_srgb((180, 90, 60), primaries, 2.2)).max() < 4
    assert np.abs(photo.rgb[8, 8].astype(int) - FLAT[8, 8]).max() > 8
    assert str(photo.notes[0]) == f"colours converted from {name} to sRGB"
    np.testing.assert_array_equal(decode(data), photo.rgb)  # a dataset gets the same pixels


def test_srgb_and_damaged_profiles_change_nothing() -> None:
    good = profile_of(P3, 2.2, "Display P3")
    for profile in (SRGB, good[:100], b"no profile", good[:132] + bytes(len(good) - 132), profile_of(None, 1.8, "Dot")):
        photo = read_image(encoded(FLAT, icc_profile=profile))
        np.testing.assert_array_equal(photo.rgb, FLAT)
        assert photo.notes == ()


def test_a_grey_profile_is_converted() -> None:
    grey = np.full((16, 16), 100, np.uint8)
    expected = 255 * (1.055 * ((100 / 255) ** 1.8) ** (1 / 2.4) - 0.055)
    for data in (encoded(grey, icc_profile=profile_of(None, 1.8, "Gamma 1.8")),):
        assert abs(int(read_image(data).rgb[0, 0, 1]) - expected) < 2
        assert decode(data, channels=1).shape == (16, 16, 1)


def test_a_profile_keeps_transparency() -> None:
    rgba = np.dstack([FLAT, np.full((16, 16), 255, np.uint8)])
    rgba[:8, :, 3] = 0
    rgb = read_image(encoded(rgba, icc_profile=profile_of(P3, 2.2, "Display P3"))).rgb
    assert (rgb[:8] == 255).all()
    assert np.abs(rgb[12, 12] - in_srgb((180, 90, 60), P3, 2.2)).max() < 3


INK = (200, 40, 90, 20)  # cyan, magenta, yellow, black: 0 is no ink
INK_RGB = tuple(round((255 - ink) * (255 - INK[3]) / 255) for ink in INK[:3])


def ycck(ink: tuple[int, ...]) -> bytes:
    """A YCCK JPEG with Adobe's marker: C, M, Y as YCbCr, all inverted, which is what Photoshop writes."""
    red, green, blue = ink[:3]  # 255 less the inverted value, as libjpeg converts
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = (luma, 128 + 0.564 * (blue - luma), 128 + 0.713 * (red - luma), 255 - ink[3])
    stored = PIL.Image.new("CMYK", (16, 16), tuple(255 - round(plane) for plane in planes))  # Pillow inverts
    jpeg = bytearray(encoded(stored, "JPEG", quality=100, subsampling=0))
    marker = jpeg.index(b"\xff\xee")
    jpeg[marker + 4 + 11] = 2  # the transform: YCCK
    return bytes(jpeg)


def test_cmyk_jpegs_have_right_colours_with_and_without_adobes_marker() -> None:
    marked = encoded(PIL.Image.new("CMYK", (16, 16), INK), "JPEG", quality=100)
    inverted = encoded(PIL.Image.new("CMYK", (16, 16), tuple(255 - ink for ink in INK)), "JPEG", quality=100)
    for data in (marked, without_adobe_marker(inverted), ycck(INK)):
        assert np.abs(read_image(data).rgb[8, 8].astype(int) - INK_RGB).max() <= 4
    tiff = encoded(PIL.Image.new("CMYK", (16, 16), INK), "TIFF")
    assert np.abs(read_image(tiff).rgb[8, 8].astype(int) - INK_RGB).max() <= 1


def test_palette_and_grey_with_transparency() -> None:
    palette = PIL.Image.fromarray(np.zeros((10, 10), np.uint8)).convert("P")
    palette.putpalette([10, 20, 30])
    assert (read_image(encoded(palette, transparency=0)).rgb == 255).all()
    grey = np.dstack([np.full((10, 10), 50, np.uint8), np.full((10, 10), 255, np.uint8)])
    grey[:5, :, 1] = 0
    rgb = read_image(encoded(PIL.Image.fromarray(grey, "LA"))).rgb
    assert (rgb[:5] == 255).all()
    assert (rgb[5:] == 50).all()


BANDS = np.full((12, 10, 4), (10, 120, 30, 60), np.uint8)


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_a_fourth_band_that_is_nowhere_opaque_is_no_transparency(extra: int) -> None:
    photo = read_image(as_tiff(BANDS, photometric="rgb", extrasamples=[extra]))
    assert (photo.rgb == (10, 120, 30)).all()
    assert "1 further band(s) left out" in str(photo.notes[0])


def test_an_undeclared_fourth_band_is_no_transparency() -> None:
    bands = BANDS.copy()
    bands[:6, :, 3] = 255
    bands[0] = 255
    for deep in (bands, bands.astype(np.uint16) * 257):
        assert (read_image(as_tiff(deep, photometric="rgb", extrasamples=[0])).rgb[1:] == (10, 120, 30)).all()
        for extra, tint in ((1, (205, 255, 225)), (2, (197, 223, 202))):
            declared = read_image(as_tiff(deep, photometric="rgb", extrasamples=[extra])).rgb
            assert (declared[1:6] == (10, 120, 30)).all()
            assert np.abs(declared[6:].astype(int) - tint).max() <= 2


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_in_every_compression(compression: str, mode: str) -> None:
    values = np.random.default_rng(0).integers(0, 256, (16, 16, len(mode)), np.uint8)
    for opaque in (255, 254):
        values[..., -1] = np.minimum(values[..., -1], opaque)
        values[0, 0, -1] = opaque
        image = PIL.Image.frombytes(mode, (16, 16), values.tobytes())
        wanted = image if opaque == 255 else image.convert(mode[:-1])
        photo = read_image(encoded(image, "TIFF", compression=compression))
        np.testing.assert_array_equal(photo.rgb, read_image(encoded(wanted)).rgb)
        assert len(photo.notes) == (opaque != 255)


@pytest.mark.skipif(not BROKEN.is_dir(), reason="the shared data is not beside this clone")
def test_near_infrared_declared_as_alpha() -> None:
    assert tuple(read_image(BROKEN / "O-38_nir_alpha.tif").rgb[0, 0]) == (10, 120, 30)


def test_the_content_decides_the_format_and_of_an_mpo_the_photo_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "png.jpg"
    path.write_bytes(encoded(FLAT))
    np.testing.assert_array_equal(read_image(path).rgb, FLAT)
    frames = [PIL.Image.new("RGB", (16, 16), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    buffer = io.BytesIO()
    frames[0].save(buffer, "MPO", save_all=True, append_images=frames[1:])
    photo = read_image(buffer.getvalue())
    assert photo.rgb[8, 8, 0] > 240
    assert str(photo.notes[0]) == "first image of a MPO file with several"
