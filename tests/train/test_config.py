"""TrainConfig: all problems at once, in sentences, and a lossless way to JSON and back."""

import json

import pytest

from segcore.errors import BadConfig
from segcore.train import TrainConfig, make_config


def test_defaults_are_valid_and_survive_json():
    config = TrainConfig()
    assert make_config(json.loads(json.dumps(config.to_json()))) == config


def test_every_field_has_help_and_a_group():
    for name, field in TrainConfig.model_fields.items():
        assert field.description, name
        assert field.json_schema_extra["group"], name


def test_all_problems_are_reported_together():
    with pytest.raises(BadConfig) as caught:
        make_config({"model": "unett", "epochs": 0, "val_share": 2, "colour": "red", "optimiser": "lion"})
    text = str(caught.value)
    assert len(text.splitlines()) == 5
    for part in ("'unett'", "unet", "epochs", "val_share", "colour", "'lion'", "adamw"):
        assert part in text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"options": {"depht": 3}}, ["depht", "depth"]),
        ({"model": "deeplabv3plus", "options": {"encoder": "resnet19"}}, ["resnet19", "resnet18"]),
        ({"options": {"width": "abc"}}, ["options.width is 'abc'", "integer"]),
        ({"options": {"width": 0}}, ["options.width is 0", "greater"]),
        ({"options": {"norm": "layer"}}, ["options.norm is 'layer'", "'batch' or 'group'"]),
        ({"model": "pspnet", "options": {"dropout": 2}}, ["options.dropout is 2", "less than 1"]),
        ({"model": "deeplabv3", "options": {"output_stride": 5}}, ["options.output_stride is 5"]),
        ({"task": "classification", "options": {"width": "wide"}}, ["options.width is 'wide'"]),
        ({"loss": "focal_softmax", "loss_options": {"gamma": "two"}}, ["gamma is 'two'", "from 0 upwards"]),
        ({"loss": "focal_sigmoid", "loss_options": {"alpha": 1.5}}, ["alpha is 1.5", "from 0 to 1"]),
        ({"loss": "dice", "loss_options": {"smooth": float("inf")}}, ["smooth is inf"]),
        ({"loss": "dice", "loss_options": {"gamma": 1}}, ["'gamma'", "smooth"]),
        ({"augmentation": {"flip": "often"}}, ["augmentation.flip", "often"]),
        ({"data": ["a", "b"], "repeat": [1]}, ["repeat", "2 datasets"]),
        ({"classes": ["a", "b", "a"]}, ["twice"]),
        ({"class_map": {"a": "b"}}, ["classes"]),
        ({"warmup": 5, "epochs": 5}, ["warmup"]),
        ({"warmup": 50, "epochs": 5}, ["warmup is 50", "of 5", "shorter"]),
        ({"data": []}, ["shapes"]),
        ({"loss": "hinge"}, ["hinge", "cross_entropy"]),
        ({"device": "tpu"}, ["device", "tpu"]),
        ({"devices": 4, "batch_size": 3}, ["batch_size is 3", "4 processes"]),
        ({"devices": 2, "device": "mps"}, ["mps"]),
        ({"nodes": 2, "devices": 2}, ["rendezvous", "HOST:PORT"]),
        ({"nodes": 2, "rendezvous": "machine:http"}, ["machine:http"]),
        ({"nodes": 2, "rendezvous": "machine:29500", "node_rank": 2}, ["node_rank is 2 of 2"]),
    ],
)
def test_what_does_not_fit_together_is_said(values, words):
    with pytest.raises(BadConfig) as caught:
        make_config(values)
    for word in words:
        assert word in str(caught.value)


def test_a_share_of_several_is_a_training_of_one():
    config = make_config({"devices": 2, "nodes": 2, "rendezvous": "machine:29500", "node_rank": 1, "batch_size": 10})
    assert config.processes == 4
    share = config.share()
    assert (share.processes, share.batch_size, share.rendezvous) == (1, 3, "")
    assert make_config(share.to_json()) == share
    assert TrainConfig().share() == TrainConfig()


def test_the_model_of_an_old_specification_gets_its_present_name() -> None:
    """In version 0.1 "unet" had the option ``encoder``."""
    old = make_config({"options": {"encoder": "resnet18", "width": 8, "depth": 4}, "freeze": "encoder"})
    assert (old.model, old.options) == ("unet-encoder", {"encoder": "resnet18", "width": 8})
    own = make_config({"model": "unet", "options": {"encoder": "own", "width": 8}})
    assert (own.model, own.options) == ("unet", {"width": 8})
