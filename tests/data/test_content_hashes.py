"""Hashes of images by their content."""

import os
import shutil
import threading
import time
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from segcore.data import (
    ImageHashing,
    Sample,
    SegDataset,
    content_hash,
    content_hashes,
    hash_images,
    mix,
    open_dataset,
    pack_hashes,
    subset,
    unpack_hashes,
)
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


@dataclass(frozen=True, eq=False, kw_only=True)
class _Slow(SegDataset):
    """Four images, each of which is read as the gate opens."""

    gate: threading.Semaphore

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int, /) -> Sample:
        self.gate.acquire()
        return Sample(np.full((4, 4, 3), index, np.uint8), np.zeros((4, 4), np.uint8), str(index))


def test_a_checkpoint_does_not_wait_for_slow_images() -> None:
    gate = threading.Semaphore(1)
    hashing = ImageHashing(_Slow(name="slow", title="slow", classes=("a",), colours=((0, 0, 0),), gate=gate))
    began = time.monotonic()
    first = hashing.collect(0.2)
    assert time.monotonic() - began < 2
    assert len(first) == 1
    gate.release(3)
    assert first < hashing.collect(20.0)
    assert len(hashing.collect(20.0)) == 4
    hashing.stop()


def test_stopping_ends_the_thread() -> None:
    gate = threading.Semaphore(0)
    hashing = ImageHashing(_Slow(name="slow", title="slow", classes=("a",), colours=((0, 0, 0),), gate=gate))
    gate.release()
    threading.Timer(0.3, gate.release, [3]).start()
    hashing.stop()
    assert len(hashing.collect(0)) <= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_no_process_is_forked_while_an_image_is_read() -> None:
    gate = threading.Semaphore(0)
    hashing = ImageHashing(_Slow(name="slow", title="slow", classes=("a",), colours=((0, 0, 0),), gate=gate))
    while not content_hashes._reading.locked():
        time.sleep(0.01)
    began = time.monotonic()
    threading.Timer(0.5, gate.release, [4]).start()
    child = os.fork()
    if child == 0:
        os._exit(7 if content_hashes._reading.acquire(timeout=5) else 8)
    assert time.monotonic() - began > 0.4
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    hashing.stop()
