"""Which stages read which: found in the graph, compared with what each paper draws."""

import pytest

from segcore.explain import architectures
from segcore.explain.architectures import ARCHITECTURES, stages_of
from segcore.explain.data_flow import IMAGE, MASK, connections


def found(family: str, *, width: int = 8, stride: int = 16) -> set[tuple[str, str, bool]]:
    model = architectures.build_architecture(family, width, stride)
    stages = stages_of(model, architectures.options_of(family, width, stride)[0])
    names = {IMAGE: "image", MASK: "mask"} | dict(enumerate(stages))
    return {(names[each.source], names[each.target], each.is_index) for each in connections(model, stages, 96)}


def test_a_unet_concatenates_each_level_of_the_encoder_to_the_decoder_level_of_its_size() -> None:
    edges = found("unet")
    assert {("down.0", "up.3", False), ("down.1", "up.2", False), ("down.2", "up.1", False)} <= edges
    assert {("down.3", "up.0", False), ("bottleneck", "up.0", False), ("head", "mask", False)} <= edges
    assert len(edges) == 15  # the image, five levels down, four with two sources each, head, mask


def test_segnet_passes_on_positions_and_no_feature_maps() -> None:
    indices = {(source, target) for source, target, is_index in found("segnet") if is_index}
    assert indices == {(f"encoder.levels.{4 - i}.{8 if i < 3 else 5}", f"up.{i}") for i in range(5)}
    values = {(source, target) for source, target, is_index in found("segnet") if not is_index}
    assert ("encoder.levels.0.5", "up.4") not in values


def test_fcn_adds_scores_of_finer_maps_and_pspnet_and_deeplab_work_in_parallel() -> None:
    assert {("head", "mask", False), ("skip_scores.0", "mask", False)} <= found("fcn")
    assert {(f"pyramid.{i}", "mix", False) for i in range(4)} | {("encoder.levels.4", "mix", False)} <= found("pspnet")
    deeplab = found("deeplab")
    assert {(f"aspp.branches.{i}", "aspp", False) for i in range(5)} <= deeplab
    assert {("encoder.levels.1", "borders", False), ("borders", "decoder", False)} <= deeplab


@pytest.mark.parametrize("family", list(ARCHITECTURES))
@pytest.mark.parametrize("stride", [8, 32])
def test_every_stage_is_reached_from_the_image_and_reaches_the_mask(family: str, stride: int) -> None:
    edges = found(family, stride=stride)
    sources, targets = {source for source, _, _ in edges}, {target for _, target, _ in edges}
    assert sources - {"image"} == targets - {"mask"}
