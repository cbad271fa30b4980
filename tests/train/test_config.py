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
        ({"data": ["a", "b"], "repeat": [1]}, ["repeat", "2 datasets"]),
        ({"classes": ["a", "b", "a"]}, ["twice"]),
        ({"class_map": {"a": "b"}}, ["classes"]),
        ({"warmup": 5, "epochs": 5}, ["warmup"]),
        ({"data": []}, ["shapes"]),
        ({"loss": "hinge"}, ["hinge", "cross_entropy"]),
        ({"device": "tpu"}, ["device", "tpu"]),
    ],
)
def test_what_does_not_fit_together_is_said(values, words):
    with pytest.raises(BadConfig) as caught:
        make_config(values)
    for word in words:
        assert word in str(caught.value)
