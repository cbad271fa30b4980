"""Which model comes first, and how closely it looks."""

import pytest

from segcore.checkpoint import CheckpointCard
from segcore.data.sample_photos import SAMPLES, read
from ui.cache import key_of, sizes_for, working_side
from ui.segment_request import Detail, ModelChoice, SegmentRequest, default_model

GRABCUT = ModelChoice("grabcut", "classical")
PUBLISHED = ModelChoice("fcn_resnet50", "published")


def choices(*more: ModelChoice) -> dict[str, ModelChoice]:
    return {choice.name: choice for choice in (*more, PUBLISHED, GRABCUT)}


def test_the_favourite_comes_first_then_any_checkpoint_then_none() -> None:
    everyday, mine = ModelChoice("everyday", "checkpoint"), ModelChoice("a_mine", "checkpoint")
    assert default_model(choices(mine, everyday)) == everyday
    assert default_model(choices(mine)) == mine
    assert default_model(choices()) == GRABCUT  # never one that needs a download


def card(side: int | None) -> CheckpointCard:
    return CheckpointCard(
        name="x", title="x", architecture="unet", classes=("a",), colours=((1, 2, 3),), mean=(0,) * 3, std=(1,) * 3,
        working_side=side,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("side", "detail", "expected"),
    [
        (384, "fast", 192),
        (384, "standard", None),
        (384, "fine", 768),
        (384, "full", 1000),
        (800, "fine", 1000),  # never larger than the photo
        (None, "fast", 500),
        (None, "standard", None),
        (None, "fine", 1000),
        (32, "fast", 32),
        (8192, "fine", 8192),
    ],
)
def test_detail(side: int | None, detail: Detail, expected: int | None) -> None:
    assert working_side(card(side), detail, (600, 1000)) == expected


@pytest.mark.parametrize(
    ("side", "size", "expected"),
    [
        (288, (3000, 4000), {"fast": 144, "standard": 288, "fine": 576, "full": 4000}),
        (288, (360, 480), {"fast": 144, "standard": 288, "full": 480}),  # 576 px would be larger than the photo
        (288, (576, 300), {"fast": 144, "standard": 288, "full": 576}),
        (288, (288, 200), {"fast": 144, "standard": 288}),
        (288, (100, 90), {"standard": 288}),  # all else is larger than the photo
        (None, (600, 1000), {"fast": 500, "standard": 1000}),
    ],
)
def test_no_size_is_offered_twice_or_beyond_the_photo(
    side: int | None, size: tuple[int, int], expected: dict[str, int]
) -> None:
    offered = sizes_for(card(side), size)
    assert offered == expected and list(offered) == list(expected)
    for detail, pixels in offered.items():
        assert (working_side(card(side), detail, size) or side or max(size)) == pixels


def test_a_task_names_its_prediction() -> None:
    image = read(SAMPLES[0])
    tasks = [
        SegmentRequest(GRABCUT),
        SegmentRequest(GRABCUT, around=(1, 2, 3, 4)),
        SegmentRequest(GRABCUT, "fine"),
        SegmentRequest(PUBLISHED),
    ]
    assert len({key_of(image, task) for task in tasks}) == len(tasks)
    assert key_of(image, SegmentRequest(GRABCUT)) == key_of(image, SegmentRequest(ModelChoice("grabcut", "classical")))


def test_every_sample_is_here_and_can_be_read() -> None:
    assert len(SAMPLES) == 8
    for name in SAMPLES:
        assert read(name).rgb.ndim == 3
