"""From probabilities to labels: the same as the plain way with whole arrays, however the rows arrive."""

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.inference import decision
from segcore.inference.decision import decide


def plain(probs, size):
    """The oracle: torch's bilinear resize of everything at once, then argmax, sort, entropy."""
    p = F.interpolate(torch.from_numpy(probs)[None], size=size, mode="bilinear", align_corners=False)[0].numpy()
    order = np.argsort(-p, axis=0, kind="stable")
    entropy = -(p * np.log(np.maximum(p, 1e-12))).sum(axis=0) / np.log(max(len(p), 2))
    return p, order, entropy


def random_probs(seed, classes, height, width):
    logits = np.random.default_rng(seed).normal(0, 2, (classes, height, width))
    p = np.exp(logits)
    return (p / p.sum(axis=0)).astype(np.float32)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    classes=st.integers(1, 6),
    working=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    cuts=st.lists(st.integers(1, 39), max_size=4, unique=True),
    seed=st.integers(0, 9),
)
def test_bands_and_strips_change_nothing(classes, working, size, cuts, seed):
    probs = random_probs(seed, classes, *working)
    bands = np.split(probs, sorted(c for c in cuts if c < working[0]), axis=1)
    before, decision._STRIP_PIXELS = decision._STRIP_PIXELS, 300  # several strips even for these small maps
    try:
        asked = np.random.default_rng(seed).choice(np.array([*range(classes), 255], np.uint8), size)
        maps = decide(bands, working, size, asked)
    finally:
        decision._STRIP_PIXELS = before
    p, order, entropy = plain(probs, size)
    np.testing.assert_allclose(maps.confidence, p.max(axis=0), atol=1e-5)
    np.testing.assert_allclose(maps.uncertainty, np.clip(entropy, 0, 1), atol=1e-4)
    of_asked = np.take_along_axis(np.vstack([p, np.zeros((1, *size))]), np.minimum(asked, classes)[None].astype(int), 0)
    np.testing.assert_allclose(maps.asked, of_asked[0], atol=1e-5)
    clear = np.ones(size, bool) if classes == 1 else -np.diff(np.sort(p, axis=0)[::-1], axis=0)[0] > 1e-5
    assert (maps.labels == order[0])[clear].all()
    if classes > 1:
        third = np.sort(p, axis=0)[::-1][2] if classes > 2 else np.zeros(size)
        clear &= np.sort(p, axis=0)[::-1][1] - third > 1e-5
        assert (maps.runner_up == order[1])[clear].all()
    else:
        assert not maps.runner_up.any()


def test_a_tie_goes_to_the_lower_class():
    maps = decide([np.full((3, 2, 2), 1 / 3, np.float32)], (2, 2), (2, 2))
    assert (maps.labels == 0).all()
    assert maps.asked is None
    assert (maps.runner_up == 1).all()
    np.testing.assert_allclose(maps.uncertainty, 1, atol=1e-6)


def test_between_two_objects_no_third_class_appears():
    """Why probabilities are interpolated and not logits."""
    sure = np.zeros((3, 1, 2), np.float32)
    sure[0, 0, 0] = sure[2, 0, 1] = 1
    assert set(np.unique(decide([sure], (1, 2), (1, 64)).labels)) == {0, 2}


def test_what_lies_below_the_working_image_is_not_looked_at():
    """The rows that were filled up to a multiple of 32 arrive too."""
    probs = random_probs(0, 3, 10, 8)
    filled = np.concatenate([probs, random_probs(1, 3, 22, 8)], axis=1)
    np.testing.assert_array_equal(decide([filled], (10, 8), (25, 8)).labels, decide([probs], (10, 8), (25, 8)).labels)
