"""From a name and options to a network, or to a sentence that lists every problem."""

import inspect

import pytest
import torch

from segcore.errors import BadConfig
from segcore.models import MODELS, build_model, model_options


def test_the_table_holds_the_architectures_of_the_project() -> None:
    names = "unet unet-encoder fcn32s fcn16s fcn8s segnet deconvnet pspnet deeplabv3 deeplabv3plus lraspp"
    assert [name for name in MODELS if name in names.split()] == names.split()


def test_options_come_from_the_signature_without_what_is_fixed() -> None:
    options = model_options("deeplabv3plus")
    assert options["encoder"] == "resnet50"
    assert options["output_stride"] == 16
    assert "in_channels" not in options
    assert "num_classes" not in options
    assert "finest" not in model_options("fcn16s")


@pytest.mark.parametrize("name", MODELS)
def test_defaults_given_one_by_one_are_the_default_model(name: str) -> None:
    with torch.device("meta"):
        by_default = build_model(name, num_classes=4).state_dict()
        spelled_out = build_model(name, num_classes=4, **model_options(name)).state_dict()
    assert {key: tensor.shape for key, tensor in by_default.items()} == {
        key: tensor.shape for key, tensor in spelled_out.items()
    }


@pytest.mark.parametrize("name", MODELS)
def test_every_option_is_explained(name: str) -> None:
    build = MODELS[name].build
    described = inspect.getdoc(getattr(build, "func", build)) or ""
    for option in model_options(name):
        assert f"{option}: " in described, option


def test_an_unknown_model() -> None:
    with pytest.raises(BadConfig, match=r"no model named 'vnet'.*unet, unet-encoder, fcn32s"):
        build_model("vnet", num_classes=2)
    with pytest.raises(BadConfig, match="no model named"):
        model_options("vnet")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(BadConfig) as caught:
        build_model("deeplabv3", num_classes=0, in_channels=True, encoder="vgg19", dropout=1.0, norm="layer", depth=3)
    text = str(caught.value)
    for part in ("num_classes is 0", "in_channels is True", "encoder is 'vgg19'", "'resnet18', 'resnet34'"):
        assert part in text
    for part in ("dropout is 1.0", "norm is 'layer'", "There is no option 'depth'. The options are: encoder, "):
        assert part in text
    assert len(text.splitlines()) == 7


def test_numbers_typed_as_text_are_understood() -> None:
    model = build_model("unet", num_classes=2, width="4", depth="1", deformable="false")
    assert model.head.in_channels == 4


def test_the_spelling_of_version_0_1_still_builds() -> None:
    """There "unet" had the option ``encoder``; with "own" it was U-Net's own encoder."""
    former = build_model("unet", num_classes=2, encoder="resnet18", width=8, depth=4, padding="same", deformable=False)
    present = build_model("unet-encoder", num_classes=2, encoder="resnet18", width=8)
    assert list(former.state_dict()) == list(present.state_dict())
    own = build_model("unet", num_classes=2, encoder="own", encoder_weights="none", width=4, depth=1)
    assert list(own.state_dict()) == list(build_model("unet", num_classes=2, width=4, depth=1).state_dict())
