"""CIFAR-10 from its binary files, and the stand-in that is drawn without them."""

from pathlib import Path

import numpy as np
import pytest

from segcore.data.formats.cifar import CLASSES, FOLDER, open_cifar10
from segcore.errors import BadDataset


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "cifar10" / FOLDER
    folder.mkdir(parents=True)
    for number, name in enumerate([*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]):
        pixels = np.full((2, 3, 32, 32), 10 * number, np.uint8)
        pixels[:, 0, 0, 1] = 200  # red, first row, second column
        records = np.concatenate([np.array([[number], [9]], np.uint8), pixels.reshape(2, -1)], axis=1)
        records.tofile(folder / name)
    return tmp_path


def test_the_published_files(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.paths.data_dir", lambda: root)
    train, test = open_cifar10("train"), open_cifar10("test")
    assert (train.source, train.classes) == ("cifar10", CLASSES)
    assert (train.images.shape, train.images.dtype, test.images.shape) == ((10, 3, 32, 32), np.uint8, (2, 3, 32, 32))
    assert train.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert train.images[2, :, 0, 1].tolist() == [200, 10, 10]
    assert len(open_cifar10("train", count=3).images) == 3


def test_a_damaged_file_is_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.paths.data_dir", lambda: root)
    path = root / "cifar10" / FOLDER / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BadDataset, match="no multiple of 3073"):
        open_cifar10("test")
    path.write_bytes(bytes([99]) + bytes(3072))
    with pytest.raises(BadDataset, match="Is it CIFAR-100"):
        open_cifar10("test")


def test_the_stand_in_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcore.paths.data_dir", lambda: tmp_path)
    drawn = open_cifar10("train", count=200)
    assert (drawn.source, len(drawn.classes)) == ("drawn", 10)
    assert np.bincount(drawn.labels).tolist() == [20] * 10
    np.testing.assert_array_equal(drawn.images[:50], open_cifar10("train", count=50).images)
    assert not (drawn.images[:50] == open_cifar10("test", count=50).images).all(axis=(1, 2, 3)).any()


def test_the_stand_in_can_be_learnt_by_shape_and_not_by_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearest neighbours see the class in how far a pixel is from the colour of the corner, not in mean colours."""
    monkeypatch.setattr("segcore.paths.data_dir", lambda: tmp_path)
    train, test = open_cifar10("train", count=1500), open_cifar10("test", count=200)

    def accuracy(features) -> float:
        known, asked = features(train.images.astype(np.float32)), features(test.images.astype(np.float32))
        distances = ((asked[:, None] - known[None]) ** 2).sum(axis=2)
        return float((train.labels[distances.argmin(axis=1)] == test.labels).mean())

    def mean_colour(images: np.ndarray) -> np.ndarray:
        return images.mean(axis=(2, 3))

    def contrast(images: np.ndarray) -> np.ndarray:
        away = np.abs(images - images[:, :, :2].mean(axis=(2, 3), keepdims=True)).max(axis=1)
        blocks = away.reshape(len(away), 16, 2, 16, 2).mean(axis=(2, 4)).reshape(len(away), -1)
        return blocks / blocks.max(axis=1, keepdims=True)

    assert accuracy(contrast) > 0.5
    assert accuracy(mean_colour) < 0.2


def test_a_wrong_call_is_a_sentence() -> None:
    with pytest.raises(BadDataset, match='no split "val"; it has train and test'):
        open_cifar10("val")
