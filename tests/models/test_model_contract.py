"""Every architecture keeps the promises of segcore/models/base.py."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segcore.models import MODELS, SegOutput, build_model, model_options

K = 3
CASES: dict[str, dict[str, Any]] = {
    f"{name}{f' {number}' if number else ''}": dict(options)
    for name, card in MODELS.items()
    for number, options in enumerate(card.examples)
}
"""The examples of every card; the first one of a card is called by its name alone."""


def build(case: str, **changes: Any) -> nn.Module:
    torch.manual_seed(5)
    name = case.partition(" ")[0]
    return build_model(name, **{"num_classes": K, **CASES[case], **changes})


def photos(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def shared(case: str) -> nn.Module:
    """One network for all tests of a case, in evaluation mode; who changes it takes a copy."""
    return build(case).eval()


@pytest.fixture
def model(shared: nn.Module) -> nn.Module:
    return copy.deepcopy(shared).train()


def test_every_card_has_a_case() -> None:
    assert {case.partition(" ")[0] for case in CASES} == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_the_card_names_itself_and_every_model_offers_dropout_and_norm(name: str) -> None:
    card = MODELS[name]
    assert card.name == name
    assert card.paper.startswith("https://")
    assert card.summary.endswith(".")
    assert {"dropout", "norm"} <= set(model_options(name))


@torch.inference_mode()
def test_logits_have_the_size_of_the_image(shared: nn.Module, case: str) -> None:
    least = MODELS[case.partition(" ")[0]].min_size
    for height, width in ((33, 47), (64, 32), (least, least), (5, 70)):
        output = shared(photos(2, 3, height, width))
        assert isinstance(output, SegOutput)
        assert output.logits.shape == (2, K, height, width)
        assert output.logits.isfinite().all()
        assert output.aux is None  # it only helps training


@torch.inference_mode()
def test_images_of_a_batch_do_not_see_each_other_in_evaluation(shared: nn.Module) -> None:
    batch = photos(2, 3, 40, 37)
    together = shared(batch).logits
    alone = shared(batch[1:]).logits
    torch.testing.assert_close(together[1:], alone, rtol=1e-3, atol=1e-4 * float(alone.abs().max()))


@torch.inference_mode()
def test_channels_last_changes_nothing_but_speed(shared: nn.Module, model: nn.Module) -> None:
    batch = photos(1, 3, 33, 47)
    expected = shared(batch).logits
    model = model.eval().to(memory_format=torch.channels_last)
    found = model(batch.contiguous(memory_format=torch.channels_last)).logits
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.parametrize("size", [(33, 47), (32, 32)], ids=str)
def test_a_batch_of_one_trains_and_every_parameter_learns(model: nn.Module, size: tuple[int, int]) -> None:
    output = model(photos(1, 3, *size))
    assert output.logits.shape == (1, K, *size)
    loss = (output.logits * photos(1, K, *size)).sum()
    if output.aux is not None:
        assert output.aux.shape == (1, K, *size)
        loss = loss + (output.aux * photos(1, K, *size)).sum()
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def test_half_precision_autocast_trains(model: nn.Module) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(photos(1, 3, 33, 33)).logits
    logits.float().square().mean().backward()
    assert logits.isfinite().all()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in model.parameters())


def test_the_state_dict_is_the_whole_model(model: nn.Module, case: str) -> None:
    batch = photos(2, 3, 33, 33)
    with torch.inference_mode():
        model(batch)  # moves the running statistics
        twin = build(case)
        twin.load_state_dict(model.state_dict())
        assert model.eval()(batch).logits.equal(twin.eval()(batch).logits)


@pytest.mark.parametrize("case", [case for case in CASES if "aux" in model_options(case.partition(" ")[0])])
def test_the_auxiliary_head_speaks_in_training_if_wanted(case: str) -> None:
    assert build(case, aux=True).train()(photos(1, 3, 33, 33)).aux.shape == (1, K, 33, 33)
    assert build(case, aux=False).train()(photos(1, 3, 33, 33)).aux is None


@pytest.mark.parametrize("name", MODELS)
@torch.inference_mode()
def test_stages_exist_give_maps_and_are_in_the_order_of_computation(name: str) -> None:
    narrow = {key: value for key, value in CASES[name].items() if key != "encoder"}
    model = build_model(name, num_classes=K, **narrow).eval()  # with its default encoder, for which the card speaks
    seen: list[str] = []

    def note(stage: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            assert output.ndim == 4, stage
            seen.append(stage)

        return hook

    for stage in MODELS[name].stages:
        model.get_submodule(stage).register_forward_hook(note(stage))
    model(photos(1, 3, 33, 33))
    assert seen == list(MODELS[name].stages)


@pytest.mark.parametrize("in_channels", [1, 4])
@pytest.mark.parametrize("name", MODELS)
@torch.inference_mode()
def test_any_number_of_channels(name: str, in_channels: int) -> None:
    model = build(name, in_channels=in_channels).eval()
    assert model(photos(1, in_channels, 33, 33)).logits.shape == (1, K, 33, 33)
    with pytest.raises(RuntimeError, match="channels"):
        model(photos(1, 3, 33, 33))


@pytest.mark.parametrize("name", MODELS)
@torch.inference_mode()
def test_dropout_is_random_in_training_and_gone_in_evaluation(name: str) -> None:
    changes = {"dropout": 0.5, "norm": "group"} | ({"bayesian": True} if name == "segnet" else {})
    model = build(name, **changes)
    batch = photos(1, 3, 33, 33)
    assert not model.train()(batch).logits.equal(model(batch).logits)
    assert model.eval()(batch).logits.equal(model(batch).logits)
