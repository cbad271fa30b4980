"""The options of train come from TrainConfig and lead back to it."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from segcore.cli import main
from segcore.cli.output import shown
from segcore.cli.settings import typed_settings
from segcore.cli.train import add_options, add_sources
from segcore.errors import BadConfig
from segcore.train import TrainConfig, make_config


def parse(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_options(parser)
    add_sources(parser, with_settings=True)
    return typed_settings(parser.parse_args(words))


def test_every_field_has_an_option_with_its_help_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = squeezed(capsys.readouterr().out)
    for name, field in TrainConfig.model_fields.items():
        flag = "--map" if name == "class_map" else f"--{name.replace('_', '-')}"
        default = shown(TrainConfig().to_json()[name])
        assert flag in text, name
        assert squeezed(f"{field.description} (default: {default})") in text, name


def squeezed(text: str) -> str:
    """Without any space: help is broken into lines wherever the terminal ends."""
    return "".join(text.split())


def test_nothing_typed_is_the_default_configuration() -> None:
    assert parse() == {}
    assert make_config(parse()) == TrainConfig()


def test_what_is_typed_arrives_in_its_field() -> None:
    config = make_config(
        parse(
            *(
                "--model",
                "unet",
                "--options",
                "width=16",
                "--epochs",
                "3",
                "--learning-rate",
                "3e-4",
                "--device",
                "cpu",
            ),
            *("--data", "shapes:20", "shapes:40", "--repeat", "1,2", "--classes", "background, disc"),
            *("--map", "ring=disc,*=ignore", "--working-side", "256", "--augmentation", "flip=0.25"),
        )
    )
    assert config.options == {"width": 16}
    assert config.epochs == 3
    assert config.learning_rate == 3e-4
    assert config.data == ("shapes:20", "shapes:40")
    assert config.repeat == (1, 2)
    assert config.classes == ("background", "disc")
    assert config.class_map == {"ring": "disc", "*": "ignore"}
    assert config.working_side == 256
    assert config.augmentation.flip == 0.25


def test_none_takes_back_a_number(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"working_side": 256}')
    assert parse("--config", str(tmp_path / "c.json"), "--working-side", "none") == {"working_side": None}


def test_set_reaches_every_field_and_inside() -> None:
    settings = parse("--set", "epochs=3", "options.encoder=resnet18", "--set", "augmentation.flip=0", "title=a=b")
    assert settings == {
        "epochs": 3,
        "options": {"encoder": "resnet18"},
        "augmentation": {"flip": 0},
        "title": "a=b",
    }


def test_the_former_name_of_the_unet_with_an_encoder_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    notice = "unet with an encoder is now called unet-encoder; the old spelling works until the next version\n"
    assert make_config(parse("--model", "unet", "--options", "encoder=resnet18")).model == "unet-encoder"
    assert capsys.readouterr().err == notice
    parse("--set", "options.encoder=resnet18")  # unet is the default
    assert capsys.readouterr().err == notice
    parse("--model", "unet", "--options", "encoder=own")
    parse("--model", "unet-encoder", "--options", "encoder=resnet18")
    parse("--model", "unet", "--options", "width=16")
    parse()
    assert capsys.readouterr().err == ""


def test_a_file_is_overruled_by_options_and_those_by_set(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"epochs": 1, "batch_size": 1, "seed": 1, "options": {"width": 8}}))
    settings = parse(
        *("--config", str(tmp_path / "c.json"), "--batch-size", "2", "--seed", "2", "--set", "seed=3"),
        *("--options", "dropout=0.1"),
    )
    assert settings == {"epochs": 1, "batch_size": "2", "seed": 3, "options": {"width": 8, "dropout": 0.1}}


def test_the_spec_of_a_run_can_be_the_file(tmp_path: Path) -> None:
    config = make_config(parse("--epochs", "7", "--augmentation", "flip=0.1", "--map", "a=b", "--classes", "b"))
    (tmp_path / "spec.json").write_text(json.dumps(config.to_json()))
    assert make_config(parse("--config", str(tmp_path / "spec.json"))) == config


def test_folders_get_their_full_path_and_names_stay_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("pets", "shapes"):
        (tmp_path / name).mkdir()
    (tmp_path / "w.safetensors").touch()
    settings = parse("--data", "pets", "shapes", "./shapes", "nowhere", "--options", "encoder_weights=w.safetensors")
    assert settings["data"] == [str(tmp_path / "pets"), "shapes", str(tmp_path / "shapes"), "nowhere"]
    assert settings["options"] == {"encoder_weights": str(tmp_path / "w.safetensors")}
    assert parse("--options", "encoder_weights=imagenet")["options"] == {"encoder_weights": "imagenet"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--set", "epochs"], '"epochs" sets nothing'),
        (["--options", "width"], '"width" sets nothing'),
        (["--set", "epochs=3", "epochs.x=1"], '"epochs" has nothing inside'),
        (["--config", "nowhere.json"], "cannot be read"),
        (["--map", "a"], "no class mapping"),
    ],
)
def test_words_that_set_nothing_get_a_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(BadConfig, match=sentence):
        parse(*words)


@pytest.mark.parametrize(("content", "sentence"), [("{", "is no JSON"), ("[]", "holds a list")])
def test_files_that_are_no_settings_get_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "c.json").write_text(content)
    with pytest.raises(BadConfig, match=sentence):
        parse("--config", str(tmp_path / "c.json"))


def test_all_problems_of_a_configuration_are_told_together(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    words = ["--epochs", "0", "--optimiser", "magic", "--set", "speed=9", "--model", "vnet"]
    assert main(["train", *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["model", "epochs", "optimiser", "speed"]
    assert not home.exists(), "and no run is made"
