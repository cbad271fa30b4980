"""predict, evaluate, models and data, with a small network of random weights."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from segcore.checkpoint import CheckpointCard, find_checkpoint, load_card, save_checkpoint
from segcore.cli import main
from segcore.models import ENCODERS, MODELS, build_model, model_options
from segcore.runs import new_run

CLASSES = ("background", "disc", "square")
COLOURS = ((40, 40, 40), (230, 159, 0), (86, 180, 233))
TORCH = ("--engine", "torch", "--device", "cpu")


@pytest.fixture(autouse=True)
def checkpoint(home: Path) -> Path:
    """A checkpoint that the user kept as "tiny"."""
    torch.manual_seed(0)
    card = CheckpointCard(
        name="tiny",
        title="Tiny",
        architecture="unet",
        options={"width": 4},
        classes=CLASSES,
        colours=COLOURS,
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    return save_checkpoint(
        home / "checkpoints" / "tiny.safetensors", build_model("unet", num_classes=3, width=4), card
    ).path


def photo(path: Path, size: tuple[int, int] = (40, 50)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    PillowImage.fromarray(pixels).save(path)
    return path


def size_of(path: Path) -> tuple[int, int]:
    with PillowImage.open(path) as picture:
        return picture.size


def dataset(folder: Path, classes: tuple[str, ...] = CLASSES, count: int = 2) -> Path:
    for index in range(count):
        photo(folder / "images" / f"{index}.png")
        labels = np.random.default_rng(index).integers(0, len(classes), (40, 50), np.uint8)
        (folder / "masks").mkdir(exist_ok=True)
        PillowImage.fromarray(labels).save(folder / "masks" / f"{index}.png")
    (folder / "classes.json").write_text(json.dumps({"classes": classes}))
    return folder


# predict


def test_a_photo_becomes_labels_an_overlay_and_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(photo(tmp_path / "my cat.v2.png")), "--checkpoint", "tiny", "--out", str(tmp_path / "new" / "out")]
    assert main(["predict", *words, *TORCH]) == 0
    out = tmp_path / "new" / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "my cat.v2.json",
        "my cat.v2_labels.png",
        "my cat.v2_overlay.png",
    ]
    with PillowImage.open(out / "my cat.v2_labels.png") as picture:
        assert picture.mode == "P"
        assert picture.getpalette()[:9] == [value for colour in COLOURS for value in colour]  # type: ignore[index]
        labels = np.asarray(picture)
    assert labels.shape == (40, 50)
    assert size_of(out / "my cat.v2_overlay.png") == (50, 40)
    facts = json.loads((out / "my cat.v2.json").read_text())
    assert facts["classes"] == list(CLASSES)
    assert [area["pixels"] for area in facts["areas"]] == np.bincount(labels.ravel(), minlength=3).tolist()
    assert sum(area["share"] for area in facts["areas"]) == pytest.approx(1)
    assert (facts["height"], facts["width"]) == (40, 50)
    assert facts["checkpoint"] == "tiny"
    assert facts["engine"] == "torch (cpu)"
    assert facts["seconds"] > 0
    said = capsys.readouterr()
    assert "my cat.v2_labels.png: " in said.out
    assert said.err == ""


def test_one_json_line_a_photo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = [str(photo(tmp_path / name)) for name in ("a.png", "b.png")]
    words = [*photos, "--checkpoint", "tiny", "--out", str(tmp_path), "--working-side", "64", "--json"]
    assert main(["predict", *words, *TORCH]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["image"] for line in lines] == photos
    assert lines[0] == json.loads((tmp_path / "a.json").read_text())
    assert (lines[0]["working_height"], lines[0]["working_width"]) == (51, 64)


def test_photos_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    photos = [photo(tmp_path / "a" / "cat.png"), photo(tmp_path / "b" / "cat.png", (33, 44))]
    words = [*map(str, photos), "--checkpoint", "tiny", "--out", str(tmp_path / "out"), *TORCH]
    assert main(["predict", *words]) == 0
    sizes = {name: size_of(tmp_path / "out" / f"{name}_labels.png") for name in ("cat", "cat-2")}
    assert sizes == {"cat": (50, 40), "cat-2": (44, 33)}


def test_a_broken_photo_does_not_keep_the_others_from_being_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    photos = [broken, photo(tmp_path / "sound.png"), tmp_path / "missing.png"]
    words = [*map(str, photos), "--checkpoint", "tiny", "--out", str(tmp_path / "out"), *TORCH]
    assert main(["predict", *words]) == 1
    assert (tmp_path / "out" / "sound_labels.png").exists()
    assert not list((tmp_path / "out").glob("broken*"))
    first, second, last = capsys.readouterr().err.splitlines()
    assert first.startswith("broken.png is not an image")
    assert "missing.png cannot be read" in second
    assert last == "2 of 3 photos could not be labelled."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--checkpoint", "nothing"], "There is no checkpoint called “nothing”"),
        (["--checkpoint", "tiny", "--engine", "steam"], "There is no engine “steam”"),
        (["--checkpoint", "tiny", "--working-side", "7", *TORCH], "7"),
        (["--checkpoint", "tiny", "--opacity", "2"], "--opacity is 2.0"),
    ],
)
def test_predict_tells_mistakes(
    tmp_path: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(photo(tmp_path / "a.png")), "--out", str(tmp_path / "out"), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_results_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = photo(tmp_path / "a.png")
    assert main(["predict", str(file), "--checkpoint", "tiny", "--out", str(file), *TORCH]) == 2
    assert "cannot be a folder" in capsys.readouterr().err


# evaluate


def evaluate(*words: str) -> int:
    return main(["evaluate", "--checkpoint", "tiny", *TORCH, *words])


def test_a_report_as_a_table_and_as_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    assert evaluate("--data", str(dataset(tmp_path / "blobs")), "--json", str(file)) == 0
    report = json.loads(file.read_text())
    out = capsys.readouterr().out
    assert out.startswith("tiny on blobs: 2 images\n")
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.startswith(CLASSES)}
    for index, name in enumerate(CLASSES):
        assert rows[name][0] == f"{report['scores']['iou'][index]:.3f}"
    assert f"mIoU {report['scores']['miou']:.3f}" in out
    assert report["convention"] in out
    assert f"mIoU {report['scores']['miou_of_present']:.3f}" in out and "classes in the ground truth\n" in out
    assert report["mean_reasons"] and all(reason in out for reason in report["mean_reasons"])
    assert report["images"] == 2
    assert np.sum(report["counts"]) == 2 * 40 * 50


def test_outlines_and_other_conventions_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    words = ("--data", str(dataset(tmp_path / "blobs")), "--boundary", "--conventions", "--json", str(file))
    assert evaluate(*words) == 0
    report, out = json.loads(file.read_text()), capsys.readouterr().out
    assert report["outlines"]["one_to_one"] is False
    assert f"boundary F {report['outlines']['scores']['mean_f']:.3f} (0.0075 of the diagonal, within the" in out
    assert "Pascal VOC devkit" in out and "Mistake: 255 treated as class 0" in out
    low, high = (report["intervals"]["miou"][end] for end in ("low", "high"))
    assert f"({low:.3f} … {high:.3f} in 95% of 1000 draws" in out
    assert evaluate(*words[:3], "--one-to-one", "--limit", "1") == 0
    assert "one to one" in capsys.readouterr().out


def test_a_page_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    assert evaluate("--data", "shapes:2:32", "--report", str(page), "--lang", "zh") == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and text.count("<img") == 8 and "混淆矩阵" in text
    assert evaluate("--data", "shapes:2:32", "--report", str(tmp_path)) == 2
    assert "--report" in capsys.readouterr().err


def test_on_the_validation_images_of_a_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, file = tmp_path / "spec.json", tmp_path / "report.json"
    config.write_text(json.dumps({"data": ["shapes:4:32"], "val_data": ["shapes:3:32"]}))
    assert evaluate("--val-of", str(config), "--json", str(file)) == 0
    report = json.loads(file.read_text())
    assert (report["images"], report["split"], report["source"]) == (3, "val", "")
    capsys.readouterr()
    for words in ([], ["--val-of", str(config), "--data", "shapes:2:32"]):
        assert evaluate(*words) == 2 and "Say on which images" in capsys.readouterr().err
    assert evaluate("--val-of", str(config), "--split", "val") == 2


def test_two_reports_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    assert evaluate("--data", "shapes:3:32", "--json", str(one)) == 0
    assert evaluate("--data", "shapes:3:32", "--json", str(other), "--working-side", "64") == 0
    capsys.readouterr()
    assert main(["compare", str(one), str(other)]) == 0
    assert "tiny minus tiny on shapes" in (out := capsys.readouterr().out) and "won," in out
    assert main(["compare", str(one), str(other), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["won"] + result["lost"] + result["tied"] == 3
    assert main(["compare", str(one), str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


# robustness


def test_a_robustness_card_is_printed_and_written_next_to_the_checkpoint(
    checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["robustness", "--checkpoint", "tiny", "--data", "shapes:4:32", "--limit", "1", *TORCH]
    assert main([*words, "--kinds", "flip, jpeg", "--json"]) == 0
    said = capsys.readouterr()
    assert [cell["corruption"] for cell in json.loads(said.out)["cells"]] == ["flip", *["jpeg"] * 5]
    place = checkpoint.with_name("tiny.robustness.json")
    assert "not saved" in said.err and not place.exists()
    assert main(words) == 0
    said = capsys.readouterr()
    assert place.exists() and str(place) in said.err
    assert "fgsm" in said.out and "mean relative mIoU" in said.out
    assert main([*words, "--kinds", "rain"]) == 2
    assert "no corruption rain" in capsys.readouterr().err


def test_classes_are_mapped_by_name(tmp_path: Path) -> None:
    data = dataset(tmp_path / "blobs", ("background", "ball", "person"))
    file = tmp_path / "report.json"
    assert evaluate("--data", str(data), "--map", "ball=disc,person=ignore", "--json", str(file)) == 0
    report = json.loads(file.read_text())
    assert report["mapping"] == {"ball": "disc", "person": "ignore"}
    assert report["ignored_classes"] == ["person"]
    assert report["scores"]["support"][2] == 0


def test_a_part_of_the_data_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("--data", "shapes:6:32", "--split", "val", "--limit", "1") == 0
    assert "split val: 1 images" in capsys.readouterr().out


def test_evaluate_a_method_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, file = tmp_path / "page.html", tmp_path / "report.json"
    words = ["evaluate", "--data", "shapes:2:32", "--report", str(page), "--json", str(file)]
    assert main([*words, "--method", "slic:segments=12,compactness=20"]) == 0
    assert "Upper bound, oracle assignment" in capsys.readouterr().out
    assert "Upper bound" in page.read_text("utf-8") and json.loads(file.read_text())["checkpoint"] == "slic-oracle"
    assert main([*words[:3], "--method", "otsu"]) == 0
    assert "otsu-rule" in capsys.readouterr().out
    assert main([*words[:3], "--method", "otsu:window"]) == 2
    assert "expected name=number" in capsys.readouterr().err
    assert main([*words[:3], "--checkpoint", "tiny", "--assign", "oracle"]) == 2
    assert "--assign is for --method" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "/nowhere"], "no dataset /nowhere"),
        (["--data", "shapes:2:32", "--split", "autumn"], "autumn"),
        (["--data", "shapes:2:32", "--map", "disc"], "no class mapping"),
        (["--data", "shapes:2:32", "--map", "moon=disc"], "moon"),
        (["--data", "shapes:2:32", "--limit", "0"], "limit is 0"),
        (["--data", "shapes:2:32", "--json", "/nowhere/report.json"], "no folder /nowhere"),
        (["--data", "shapes:2:32", "--json", "/"], "--json / is a folder"),
    ],
)
def test_evaluate_tells_mistakes(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(*words) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""


# runs keep


def test_a_kept_checkpoint_is_found_by_its_new_name(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = new_run({"model": "unet", "data": ["shapes"]}, name="one")
    shutil.copy(checkpoint, run.checkpoint_path("best"))
    assert main(["runs", "keep", "one", "--as", "mine", "--half", "--json"]) == 0
    kept = json_of(capsys)
    reference = find_checkpoint("mine")
    assert kept == {"name": "mine", "path": str(reference.path), "bytes": reference.size}
    assert reference.size < checkpoint.stat().st_size
    assert load_card(reference.path).name == "mine"
    assert main(["runs", "keep", "one", "--as", "mine"]) == 2
    assert "already is a checkpoint “mine”" in capsys.readouterr().err
    assert main(["runs", "keep", "one", "--as", "mine", "--replace"]) == 0
    assert capsys.readouterr().out.startswith("Kept as mine: ")


# models


def json_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_models_are_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    first_words = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert {*MODELS, *ENCODERS, "tiny"} <= set(first_words)


def test_models_as_json(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    listed = json_of(capsys)
    assert [model["name"] for model in listed["models"]] == list(MODELS)
    assert [encoder["name"] for encoder in listed["encoders"]] == list(ENCODERS)
    paths = {each["name"]: each["path"] for each in listed["checkpoints"]}
    assert paths["tiny"] == str(checkpoint)
    assert paths["fcn_resnet50"] is None, "a published checkpoint that was not fetched"
    unet = next(model for model in listed["models"] if model["name"] == "unet")
    assert unet["parameters"] == sum(p.numel() for p in build_model("unet", num_classes=21).parameters())
    assert unet["options"] == model_options("unet")


def test_one_model_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "unet"]) == 0
    out = capsys.readouterr().out
    assert MODELS["unet"].summary in out
    assert all(f"\n{option} " in out for option in model_options("unet"))
    assert main(["models", "unet", "--json"]) == 0
    assert json_of(capsys)["name"] == "unet"


def test_a_model_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "vnet"]) == 2
    assert "vnet" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_told_beside_the_others(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "checkpoints" / "torn.safetensors").write_bytes(b"torn")
    assert main(["models"]) == 0
    said = capsys.readouterr()
    assert "\ntiny " in said.out
    assert "torn.safetensors" in said.err


# data


def test_registered_data_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list"]) == 0
    assert "\nshapes " in capsys.readouterr().out
    assert main(["data", "list", "--json"]) == 0
    assert json_of(capsys)[0]["name"] == "shapes"


def test_sound_data_have_nothing_to_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "blobs"
    dataset(folder, count=1)
    assert main(["data", "check", str(folder)]) == 0
    assert capsys.readouterr().out.startswith(f"{folder}: no problems found.\n")
    assert main(["data", "check", str(folder), "--json"]) == 0
    assert json_of(capsys) == []


def test_wrong_data_are_told_with_advice_and_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = dataset(tmp_path / "blobs", count=1)
    photo(folder / "images" / "lonely.png")
    assert main(["data", "check", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "error: Images without a mask (1)\n" in out
    assert "lonely.png" in out
    assert "→ " in out
    assert main(["data", "check", str(folder), "--json"]) == 1
    (finding,) = [each for each in json_of(capsys) if each["severity"] == "error"]
    assert finding["kind"] == "missing_mask"


def test_a_folder_that_is_not_there_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "/nowhere"]) == 2
    assert "/nowhere" in capsys.readouterr().err


def test_a_folder_is_repaired_into_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = dataset(tmp_path / "blobs", count=1)
    photo(folder / "images" / "lonely.png")
    assert main(["data", "repair", str(folder), "--to", str(tmp_path / "sound")]) == 0
    out = capsys.readouterr().out
    assert "sound: 1 pair\n" in out
    assert "missing_mask  1" in out
    assert main(["data", "check", str(tmp_path / "sound")]) == 0
    assert (folder / "images" / "lonely.png").exists()
    again = ["data", "repair", str(folder), "--to", str(tmp_path / "other"), "--fix", "binary_255", "--json"]
    capsys.readouterr()
    assert main(again) == 0
    assert json_of(capsys)["mended"] == {}
    assert (tmp_path / "other" / "images" / "lonely.png").exists()
    assert main(["data", "repair", str(folder), "--to", str(folder)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*again[:-3], "--fix", "magic"]) == 2
    assert "magic cannot be repaired" in capsys.readouterr().err
