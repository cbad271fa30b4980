"""The predictor: any photo in, maps of the photo's own size out, and the numbers are the network's own."""

import threading
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from segcore.checkpoint import Checkpoint, CheckpointCard
from segcore.data import working_size
from segcore.errors import BadConfig, BadImage
from segcore.inference import INFERENCE_LOCK, Predictor
from segcore.inference.tiling import TILE
from segcore.models.base import SegOutput
from segcore.palette import default_colours

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


class Mirror(nn.Module):
    """Its logits are its input, so that one can see what a network is shown."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(tuple(x.shape))
        return SegOutput(logits=x)


class Local(nn.Module):
    """Two 3 x 3 convolutions: no pixel looks further than two pixels."""

    def __init__(self, classes=4):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, classes, 3, padding=1))

    def forward(self, x):
        return SegOutput(logits=3 * self.layers(x))


def checkpoint(model, classes=3, channels=3, working_side=None):
    names = tuple(f"class {index}" for index in range(classes))
    card = CheckpointCard(
        name="test",
        title="Test",
        architecture="unet",
        in_channels=channels,
        classes=names,
        colours=default_colours(names),
        mean=(MEAN * channels)[:channels],
        std=(STD * channels)[:channels],
        working_side=working_side,
    )
    return Checkpoint(model.eval(), card, Path("test.safetensors"))


def on_torch(model, **fields):
    return Predictor(checkpoint(model, **fields), engine="torch", device="cpu")


def photo(height, width, seed=0):
    small = np.random.default_rng(seed).integers(0, 256, (height // 16 + 2, width // 16 + 2, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def softmax(logits, axis):
    p = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return p / p.sum(axis=axis, keepdims=True)


def test_the_network_sees_the_photo_normalised_with_the_cards_numbers():
    rgb = photo(50, 70)
    prediction = on_torch(Mirror())(rgb)
    p = softmax((rgb / 255 - np.array(MEAN)) / np.array(STD), axis=2)
    np.testing.assert_allclose(prediction.confidence, p.max(axis=2), atol=1e-5)
    clear = np.diff(np.sort(p, axis=2), axis=2)[..., -1] > 1e-5
    assert (prediction.labels == p.argmax(axis=2))[clear].all()
    assert prediction.working_size == (50, 70)
    assert prediction.tiles == 1
    assert prediction.engine == "torch (cpu)"
    assert prediction.seconds > 0


@settings(deadline=None, max_examples=25, derandomize=True)
@given(height=st.integers(1, 130), width=st.integers(1, 130), side=st.sampled_from([None, 32, 64, 96]))
def test_any_size_comes_back_at_its_own_size(height, width, side):
    model = Mirror()
    prediction = on_torch(model, working_side=side)(photo(height, width))
    for field, kind in (("labels", "u1"), ("confidence", "f4"), ("runner_up", "u1"), ("uncertainty", "f4")):
        values = getattr(prediction, field)
        assert values.shape == (height, width)
        assert values.dtype == np.dtype(kind)
    assert 1 / 3 - 1e-6 <= prediction.confidence.min() <= prediction.confidence.max() <= 1
    assert 0 <= prediction.uncertainty.min() <= prediction.uncertainty.max() <= 1
    assert (prediction.labels != prediction.runner_up).all()
    assert prediction.labels.max() < 3
    assert all(rows % 32 == 0 and columns % 32 == 0 for _, _, rows, columns in model.seen)
    if side is not None:
        assert max(prediction.working_size) == side


def test_long_and_thin_photos():
    predictor = on_torch(Mirror(), working_side=64)
    assert predictor(photo(1, 5000)).working_size == (1, 64)
    assert predictor(photo(3000, 2)).labels.shape == (3000, 2)
    assert working_size((1, 5000), 64) == (1, 64)
    assert working_size((480, 640), 320) == (240, 320)


def test_tiles_give_what_one_pass_gives():
    """Oracle: a network that looks two pixels far, on a photo of several windows, against the whole at once."""
    model = Local()
    rgb = photo(TILE + 200, 2 * TILE)
    prediction = on_torch(model, classes=4)(rgb)
    assert prediction.tiles == 2 * 3
    x = torch.from_numpy((rgb / 255 - np.array(MEAN)) / np.array(STD)).float().permute(2, 0, 1)[None]
    with torch.inference_mode():
        p = model(x).logits[0].softmax(dim=0).numpy()
    np.testing.assert_allclose(prediction.confidence, p.max(axis=0), atol=2e-3)
    assert (prediction.labels == p.argmax(axis=0)).mean() > 0.9995


def test_a_side_that_is_long_is_cut_and_one_that_is_short_is_filled_up():
    model = Mirror()
    prediction = on_torch(model)(photo(40, TILE + 1))
    assert {shape[2:] for shape in model.seen} == {(64, TILE)}
    assert prediction.tiles == len(model.seen) == 2


def test_the_working_side_can_be_chosen_per_predictor_and_per_photo():
    rgb = photo(60, 120)
    predictor = Predictor(checkpoint(Mirror(), working_side=96), engine="torch", device="cpu", working_side=64)
    assert predictor(rgb).working_size == (32, 64)
    assert predictor(rgb, working_side=240).working_size == (120, 240)
    assert predictor(rgb).working_size == (32, 64)
    for side in (0, 31, 9000, -5):
        with pytest.raises(BadConfig, match=f"working side is {side} pixels"):
            predictor(rgb, working_side=side)


def test_a_checkpoint_for_grey_images_sees_the_brightness():
    model = Mirror()
    rgb = photo(32, 32)
    on_torch(model, classes=1, channels=1)(rgb)
    assert model.seen == [(1, 1, 32, 32)]

    class Keep(Mirror):
        def forward(self, x):
            self.x = x
            return super().forward(x)

    model = Keep()
    on_torch(model, classes=1, channels=1)(rgb)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) / 255
    np.testing.assert_allclose(model.x[0, 0].numpy(), (grey - MEAN[0]) / STD[0], atol=0.02)


def test_the_probability_of_other_labels_can_be_asked_for():
    predictor = Predictor(checkpoint(Local(4), classes=4), engine="torch", device="cpu")
    rgb = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    prediction = predictor(rgb)
    assert prediction.asked is None
    np.testing.assert_array_equal(predictor(rgb, asked=prediction.labels).asked, prediction.confidence)
    every = sum(predictor(rgb, asked=np.full((40, 50), c, np.uint8)).asked for c in range(4))
    np.testing.assert_allclose(every, 1, atol=1e-5)
    with pytest.raises(ValueError, match="must be equal"):
        predictor(rgb, asked=prediction.labels[1:])


def test_other_channels_are_refused_with_a_sentence():
    with pytest.raises(BadImage, match="4 channels; a photo has 3"):
        on_torch(Mirror(), classes=4, channels=4)(np.zeros((4, 4, 3), np.uint8))


def test_a_network_of_four_channels_gets_all_four():
    """Mirror says which normalised channel is the brightest, so a label tells what it saw."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (50, 70, 4), np.uint8)
    labels = on_torch(Mirror(), classes=4, channels=4)(image).labels
    seen = (image / 255 - np.array((*MEAN, MEAN[0]))) / np.array((*STD, STD[0]))
    np.testing.assert_array_equal(labels, seen.argmax(axis=2))


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_a_wrong_array_is_a_wrong_call(wrong):
    with pytest.raises(ValueError, match="uint8"):
        on_torch(Mirror())(wrong)


def test_several_threads_get_the_same_answers():
    predictor = on_torch(Local(), classes=4)
    photos = [photo(64, 64, seed) for seed in range(4)]
    alone = [predictor(rgb).confidence for rgb in photos]
    together = [None] * 4

    def work(index):
        together[index] = predictor(photos[index]).confidence

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_small_photo_passes_between_the_tiles_of_a_large_one():
    """Nobody waits for minutes; but only one large photo is in memory at a time."""
    predictor, other = on_torch(Local(), classes=4), on_torch(Local(), classes=4)
    order = []

    def work(name, size):
        other(photo(*size))
        order.append(name)

    threads = {"small": (64, 64), "large": (64, TILE + 1)}
    threads = {name: threading.Thread(target=work, args=(name, size), daemon=True) for name, size in threads.items()}

    def on_tile(done, of):
        if done == 1:
            threads["large"].start()
            threads["small"].start()
            threads["small"].join(30)
            assert order == ["small"], "it waits for the whole of the large photo"
            assert threads["large"].is_alive()
        if done == of:
            order.append("first")

    assert predictor(photo(64, 2 * TILE), on_tile=on_tile).tiles == 3
    threads["large"].join(30)
    assert order == ["small", "first", "large"]


def test_the_time_of_a_prediction_is_without_waiting_for_others():
    predictor = on_torch(Local(), classes=4)
    with INFERENCE_LOCK:
        results = []
        thread = threading.Thread(target=lambda: results.append(predictor(photo(64, TILE + 1))), daemon=True)
        thread.start()
        thread.join(1.5)
        assert thread.is_alive()
    thread.join(30)
    assert 0 < results[0].seconds < 1.2


def test_a_cancelled_prediction_lets_the_next_one_begin():
    predictor = on_torch(Local(), classes=4)

    def cancel(done, _of):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predictor(photo(64, TILE + 1), on_tile=cancel)
    thread = threading.Thread(target=predictor, args=(photo(64, TILE + 1),), daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "a lock is still held"


def test_memory_does_not_grow_with_the_number_of_classes():
    """21 float32 maps at the photo's size would be 84 bytes a pixel; the answer alone is 10."""
    model = Local(classes=21)
    predictor = on_torch(model, classes=21, working_side=64)
    rgb = photo(1000, 1500)
    predictor(rgb[:64, :64])
    tracemalloc.start()
    predictor(rgb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak / (1000 * 1500) < 20
