"""Drawings of networks, thumbnails of the overview, and which object of an image is meant by a press."""

import re

import numpy as np
import pytest

from segcore.errors import BadImage
from segcore.explain import architectures, objects
from segcore.explain.architectures import ARCHITECTURES, stages_of
from segcore.explain.data_flow import connections
from ui import blobs
from ui.components.clickable import ImagePlace
from ui.learn import box_views, network_drawing, overview, thumbnails
from ui.learn.network_drawing import Strength
from ui.learn.table import GROUPS, LESSONS


def drawn(family: str, **options: object) -> str:
    model = architectures.build_architecture(family, 8, 16)
    stages = stages_of(model, architectures.options_of(family, 8, 16)[0])
    shapes = architectures.profile(model, stages, 96)
    flow = connections(model, [block.name for block in shapes.blocks], 96)
    return network_drawing.draw(shapes, flow, channels=(3, 21), label="a <network>", **options)  # type: ignore[arg-type]


def test_a_unet_has_its_four_skip_connections_with_their_shares() -> None:
    strengths = {5: Strength(0.0, "α = 0"), 8: Strength(0.5, "α = 0.5")}
    svg = drawn("unet", strengths=strengths)
    assert svg.count('class="skip"') + svg.count('class="skip cut"') - svg.count('<text class="skip"') == 4
    assert svg.count("skip cut") == 1 and "α = 0.5" in svg and 'role="button"' not in svg
    assert "a &lt;network&gt;" in svg and "<network>" not in svg


@pytest.mark.parametrize("family", list(ARCHITECTURES))
def test_every_stage_is_drawn_inside_the_drawing_and_can_be_pressed(family: str) -> None:
    svg = drawn(family, chosen=0)
    width, height = (float(number) for number in re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
    boxes = re.findall(r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    assert len(boxes) == svg.count("data-part") + 2  # the image and the mask are no parts
    places = set()
    for x, y, w, h in (map(float, box) for box in boxes):
        assert x >= 0 and x + w <= width and y >= 0 and y + h <= height
        places.add((x + w / 2, y + h / 2))
    assert len(places) == len(boxes), "no two lie on each other"
    assert svg.count('class="index"') == (5 if family == "segnet" else 0)


def test_every_lesson_has_a_group_and_minutes() -> None:
    assert {lesson.group for lesson in LESSONS.values()} == set(GROUPS)
    assert all(5 <= lesson.minutes <= 15 for lesson in LESSONS.values())


@pytest.mark.parametrize("name", ["convolution", "upsampling", "losses", "descent", "metrics"])
def test_a_thumbnail_is_made_of_the_view(name: str) -> None:
    assert overview._thumbnail(name).startswith(b"\x89PNG")
    lesson = LESSONS[name]
    rgb = thumbnails.fitted(lesson.thumbnail(lesson.functions.compute(lesson.defaults)))
    assert rgb.shape == (thumbnails.HEIGHT, thumbnails.WIDTH, 3) and len(np.unique(rgb.reshape(-1, 3), axis=0)) > 2


def test_a_lazy_image_is_made_once_when_it_is_fetched() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"image"

    def fail() -> bytes:
        raise BadImage("{name} is broken", name="x")

    address, broken = (blobs.publish_lazily(f"test {make_it}", make_it, "image/png") for make_it in (make, fail))
    assert not made
    token = address.split("/")[-1]
    first, again = blobs.make_lazy(token), blobs.make_lazy(token)
    assert first is not None and first.data == b"image" and again == first and len(made) == 1
    assert blobs.make_lazy(broken.split("/")[-1]) is None and blobs.make_lazy("0" * 64) is None


def test_a_press_means_the_smallest_object_there_or_the_nearest() -> None:
    things = objects.synthetic_instances()
    for index in range(len(things.all)):
        middle = box_views.middle_of(things, index)
        found = things.all[box_views.object_at(things, middle)]
        assert np.prod(found.size) <= np.prod(things.all[index].size)
    assert 0 <= box_views.object_at(things, ImagePlace(1.0, 0.0)) < len(things.all)
