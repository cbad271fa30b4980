"""Hashes of images by their content."""

import shutil

import numpy as np
from PIL import Image

from segcore.data import content_hash, hash_images, mix, open_dataset, pack_hashes, subset, unpack_hashes
from segcore.data.splitting import split_dataset


def test_the_same_pixels_have_the_same_hash_in_any_file_and_folder(make_folder, tmp_path) -> None:
    one = make_folder(3, at="one")
    other = shutil.copytree(one, tmp_path / "another name")
    for path in sorted((other / "images").iterdir()):
        Image.open(path).save(path.with_name(f"renamed-{path.stem}.bmp"))
        (other / "masks" / path.name).rename(other / "masks" / f"renamed-{path.name}")
        path.unlink()
    assert hash_images(open_dataset(one)) == hash_images(open_dataset(other))
    assert len(hash_images(open_dataset(one))) == 3


def test_another_pixel_or_another_shape_is_another_image() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    changed = image.copy()
    changed[0, 0, 0] = 1
    assert len({content_hash(each) for each in (image, changed, image.reshape(6, 4, 3))}) == 3


def test_views_are_hashed_once_each_whatever_is_repeated(make_folder) -> None:
    data = open_dataset(make_folder(5))
    train, val = split_dataset(data, 0.4, 0)
    both = mix([subset(train, list(range(len(train))) * 4), val])
    assert hash_images(both) == hash_images(data)
    assert not hash_images(train) & hash_images(val)
    assert len(hash_images(subset(train, list(range(len(train))) * 4), most=2)) == 2


def test_slow_data_is_recorded_in_part(make_folder) -> None:
    data = open_dataset(make_folder(4))
    assert len(hash_images(data, seconds=-1.0)) == 1
    assert hash_images(data, most=2) < hash_images(data) and hash_images(data, most=2) == hash_images(data, most=2)


def test_a_text_holds_them_and_a_damaged_one_holds_none() -> None:
    hashes = frozenset({0, 1, 2**64 - 1})
    assert unpack_hashes(pack_hashes(hashes)) == hashes
    assert unpack_hashes("") == unpack_hashes("AAA") == unpack_hashes("?!") == frozenset()


def test_an_unreadable_image_is_left_out(make_folder) -> None:
    folder = make_folder(3)
    (folder / "images" / "photo1.png").write_bytes(b"no image")
    assert len(hash_images(open_dataset(folder))) == 2
