"""Encoders: the five levels, dilation, other channels, and where weights come from."""

import dataclasses
import hashlib
from pathlib import Path
from typing import get_args

import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from segcore import paths
from segcore.errors import BadCheckpoint, BadConfig, NotAvailable
from segcore.models import ENCODERS, build_encoder
from segcore.models.encoder_cards import EncoderName
from segcore.models.encoders import MIN_SIZE


def photos(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7))


def mobilenet() -> nn.Module:
    torch.manual_seed(3)
    return torchvision.models.mobilenet_v2(weights=None)


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v2.safetensors"
    save_file(mobilenet().state_dict(), path)
    return path


def test_names_and_table_agree() -> None:
    assert tuple(ENCODERS) == get_args(EncoderName)
    for name, card in ENCODERS.items():
        assert card.name == name
        assert card.url.startswith("https://download.pytorch.org/models/")


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("size", [(64, 96), (33, 47)], ids=str)
def test_levels_have_the_channels_of_the_card_and_halve_rounding_up(name: str, size: tuple[int, int]) -> None:
    encoder = build_encoder(name).eval()
    assert encoder.strides == (2, 4, 8, 16, 32)
    with torch.inference_mode():
        features = encoder(photos(1, 3, *size))
    for feature, channels, stride in zip(features, ENCODERS[name].channels, encoder.strides, strict=True):
        assert feature.shape == (1, channels, -(-size[0] // stride), -(-size[1] // stride))


@pytest.mark.parametrize("name", ENCODERS)
def test_the_deepest_level_is_what_torchvisions_network_gives_its_classifier(name: str) -> None:
    torch.manual_seed(3)
    encoder = build_encoder(name).eval()
    with torch.device("meta"):
        theirs = torchvision.models.get_model(name, weights=None)
    used = tuple(f"{path}." for level in ENCODERS[name].levels for path in level)
    keys = [key for key in theirs.state_dict() if key.startswith(used)]
    state = dict(zip(keys, encoder.state_dict().values(), strict=True))  # same order, other names
    theirs.load_state_dict(state, strict=False, assign=True)
    classifiers = ("avgpool", "fc", "classifier")
    convolutions = [child for path, child in theirs.named_children() if path not in classifiers]
    image = photos(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(image)[-1], nn.Sequential(*convolutions).eval()(image))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v2"])  # basic, bottleneck, inverted residual
@pytest.mark.parametrize("output_stride", [8, 16])
def test_dilation_computes_the_same_numbers_at_more_positions(name: str, output_stride: int) -> None:
    torch.manual_seed(3)
    strided = build_encoder(name).eval()
    dilated = build_encoder(name, output_stride=output_stride).eval()
    dilated.load_state_dict(strided.state_dict())
    step = 32 // output_stride
    with torch.inference_mode():
        image = photos(1, 3, 40, 65)
        coarse, fine = strided(image)[-1], dilated(image)[-1]
    assert dilated.strides[-1] == output_stride
    assert fine.shape[-2:] == (-(-40 // output_stride), -(-65 // output_stride))
    torch.testing.assert_close(fine[..., ::step, ::step], coarse, rtol=1e-3, atol=1e-5 * float(coarse.abs().max()))


def test_dilation_of_a_network_that_looks_at_the_whole_image_keeps_its_sizes() -> None:
    encoder = build_encoder("mobilenet_v3_large", output_stride=8).eval()
    with torch.inference_mode():
        assert [tuple(f.shape[-2:]) for f in encoder(photos(1, 3, 64, 64))] == [(32, 32), (16, 16)] + 3 * [(8, 8)]


def test_vgg_says_why_it_cannot_dilate() -> None:
    with pytest.raises(BadConfig, match=r"max pooling.*output_stride=32, or one of: resnet18"):
        build_encoder("vgg16_bn", output_stride=8)


def test_unknown_name_and_stride() -> None:
    with pytest.raises(BadConfig, match=r"'resnet19'.*resnet18"):
        build_encoder("resnet19")
    with pytest.raises(BadConfig, match="output_stride is 4"):
        build_encoder("resnet18", output_stride=4)


@pytest.mark.parametrize("name", ENCODERS)
def test_group_norm_replaces_every_batch_norm_and_trains_one_image(name: str) -> None:
    encoder = build_encoder(name, norm="group").train()
    kinds = {type(module) for module in encoder.modules()}
    assert nn.GroupNorm in kinds
    assert nn.BatchNorm2d not in kinds
    assert encoder(photos(1, 3, MIN_SIZE, MIN_SIZE))[-1].isfinite().all()


def test_a_local_file_gives_exactly_its_numbers(weights_file: Path) -> None:
    published = load_file(weights_file)
    encoder = build_encoder("mobilenet_v2", weights=str(weights_file))
    ours = encoder.state_dict()
    assert ours["levels.0.0.0.weight"].equal(published["features.0.0.weight"])  # red, green and blue as they are
    assert ours["levels.4.4.0.weight"].equal(published["features.18.0.weight"])
    assert all(parameter.requires_grad for parameter in encoder.parameters())


def test_half_precision_files_become_float32(weights_file: Path, tmp_path: Path) -> None:
    half = {
        key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in mobilenet().state_dict().items()
    }
    save_file(half, tmp_path / "half.safetensors")
    weight = build_encoder("mobilenet_v2", weights=str(tmp_path / "half.safetensors")).state_dict()[
        "levels.4.4.0.weight"
    ]
    assert weight.dtype == torch.float32
    assert weight.equal(half["features.18.0.weight"].float())


@pytest.mark.parametrize("in_channels", [1, 2, 4, 8])
def test_other_channels_keep_what_the_filters_say_of_a_grey_photo(weights_file: Path, in_channels: int) -> None:
    grey = photos(1, 1, 33, 33)
    rgb = build_encoder("mobilenet_v2", weights=str(weights_file)).eval()
    other = build_encoder("mobilenet_v2", weights=str(weights_file), in_channels=in_channels).eval()
    with torch.inference_mode():
        expected = rgb(grey.repeat(1, 3, 1, 1))[0]
        torch.testing.assert_close(other(grey.repeat(1, in_channels, 1, 1))[0], expected, rtol=1e-4, atol=1e-5)
    filters = other.levels[0].get_submodule("0.0").weight
    assert filters.shape[1] == in_channels


def test_without_pretrained_filters_channels_start_different() -> None:
    filters = build_encoder("resnet18", in_channels=2).state_dict()["levels.0.0.weight"]
    assert not filters[:, 0].equal(filters[:, 1])


def test_group_norm_takes_over_the_convolutions_only(weights_file: Path) -> None:
    published = load_file(weights_file)
    ours = build_encoder("mobilenet_v2", weights=str(weights_file), norm="group").state_dict()
    assert ours["levels.0.0.0.weight"].equal(published["features.0.0.weight"])
    assert ours["levels.0.0.1.weight"].eq(1).all()
    assert not any(key.endswith("running_mean") for key in ours)


def test_wrong_tensors_are_named_one_by_one(tmp_path: Path) -> None:
    state = mobilenet().state_dict()
    del state["features.3.conv.2.weight"]
    state["features.18.0.weight"] = torch.zeros(640, 320, 1, 1)
    del state["classifier.1.bias"]  # not used, may be missing
    state = {key: tensor for key, tensor in state.items() if not key.endswith("num_batches_tracked")}  # old files
    path = tmp_path / "wrong.safetensors"
    save_file(state, path)
    with pytest.raises(BadCheckpoint) as caught:
        build_encoder("mobilenet_v2", weights=str(path))
    text = str(caught.value)
    assert "2 of its tensors are wrong" in text
    assert "features.3.conv.2.weight: missing, expected shape (24, 144, 1, 1)" in text
    assert "features.18.0.weight: shape (640, 320, 1, 1), expected (1280, 320, 1, 1)" in text


def test_a_file_for_another_encoder_is_refused_briefly(weights_file: Path) -> None:
    with pytest.raises(BadCheckpoint, match="does not fit the encoder resnet18") as caught:
        build_encoder("resnet18", weights=str(weights_file))
    assert str(caught.value).count("\n") <= 12
    assert "more" in str(caught.value)


def test_a_file_that_is_no_safetensors_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(b"\x80\x02 this is not it")
    with pytest.raises(BadCheckpoint, match=r"cannot be read as a \.safetensors file"):
        build_encoder("resnet18", weights=str(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadCheckpoint, match=r"There is no file.*'imagenet'"):
        build_encoder("resnet18", weights=str(tmp_path / "nothing.safetensors"))


@pytest.fixture
def published_mobilenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file as its publisher would offer it, at a file:// address; downloads go to a folder of the test."""
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    draft = tmp_path / "draft.pth"
    torch.save(mobilenet().state_dict(), draft)
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()[:8]
    published = draft.rename(tmp_path / f"mobilenet_v2-{digest}.pth")
    card = dataclasses.replace(ENCODERS["mobilenet_v2"], url=published.as_uri())
    monkeypatch.setitem(ENCODERS, "mobilenet_v2", card)
    return published


def test_imagenet_weights_are_downloaded_once(published_mobilenet: Path) -> None:
    expected = mobilenet().state_dict()["features.18.0.weight"]
    assert build_encoder("mobilenet_v2", weights="imagenet").state_dict()["levels.4.4.0.weight"].equal(expected)
    assert [file.name for file in paths.downloads_dir().iterdir()] == [published_mobilenet.name]
    published_mobilenet.unlink()  # from now on without a network
    assert build_encoder("mobilenet_v2", weights="imagenet").state_dict()["levels.4.4.0.weight"].equal(expected)


def test_without_a_network_a_sentence_says_what_to_do(published_mobilenet: Path) -> None:
    published_mobilenet.unlink()
    with pytest.raises(NotAvailable, match=r"could not be downloaded.*Connect to the internet.*encoder_weights='none'"):
        build_encoder("mobilenet_v2", weights="imagenet")
    assert list(paths.downloads_dir().iterdir()) == []


def test_a_changed_download_is_refused(published_mobilenet: Path) -> None:
    published_mobilenet.write_bytes(published_mobilenet.read_bytes()[:-1000])
    with pytest.raises(NotAvailable, match="is not the published file"):
        build_encoder("mobilenet_v2", weights="imagenet")
    assert list(paths.downloads_dir().iterdir()) == []


def test_the_real_file_sees_more_than_noise() -> None:
    path = paths.PROJECT.parent / "shared" / "weights" / "mobilenet_v2_imagenet.safetensors"
    if not path.is_file():
        pytest.skip("the shared weights are not on this machine")
    encoder = build_encoder("mobilenet_v2", weights=str(path)).eval()
    published = load_file(path)
    assert encoder.state_dict()["levels.0.0.0.weight"].equal(published["features.0.0.weight"])
    with torch.inference_mode():
        deepest = encoder(photos(1, 3, 64, 64))[-1]
    assert deepest.isfinite().all()
    assert deepest.std() > 0
