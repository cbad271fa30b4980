"""predict: folders, names, other people's files, photos of every kind."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.cli import main
from segcore.models import build_model


@pytest.fixture(autouse=True)
def _checkpoint(home: Path) -> None:
    """A checkpoint that the user kept as "tiny"."""
    torch.manual_seed(0)
    card = CheckpointCard(
        name="tiny",
        title="Tiny",
        architecture="unet",
        options={"width": 4},
        classes=("background", "disc"),
        colours=((40, 40, 40), (230, 159, 0)),
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
    )
    save_checkpoint(home / "checkpoints" / "tiny.safetensors", build_model("unet", num_classes=2, width=4), card)


def photo(path: Path, size: tuple[int, int] = (40, 50)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(len(path.name)).integers(0, 256, (*size, 3), np.uint8)
    with path.open("wb") as file:
        PillowImage.fromarray(pixels).save(file, "PNG")
    return path


def predict(*words: str | Path) -> int:
    options = ["--checkpoint", "tiny", "--engine", "torch", "--device", "cpu", "--working-side", "64"]
    return main(["predict", *map(str, words), *options])


def test_a_folder_and_its_results_in_the_same_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "photos"
    for name in ("b.PNG", "a.png", "._a.png"):
        photo(folder / name)
    for name in (".DS_Store", "Thumbs.db", "notes.txt"):
        (folder / name).write_text("x")
    photo(folder / "inner" / "c.png")
    for _ in range(2):  # its own results are neither photos nor obstacles
        assert predict(folder, folder / "a.png", "--out", folder) == 0
        said = capsys.readouterr()
        read = [line.split(" → ")[0] for line in said.out.splitlines()]
        assert read == [
            str(folder / "a.png"),
            str(folder / "b.PNG"),
        ]
        assert "Skipped 4 files that are no photos, or hidden: .DS_Store, ._a.png, Thumbs.db …" in said.err.splitlines()
    assert "Skipped 4 results of an earlier predict." in said.err
    assert len(list(folder.glob("*_labels.png"))) == 2


def test_an_empty_folder_does_not_keep_the_others_from_being_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    photo(tmp_path / "some" / "1.png")
    photo(tmp_path / "some" / "2.png")
    assert predict(tmp_path / "empty", tmp_path / "some" / "*.png", "--out", tmp_path / "out") == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "empty holds no photos (0 other files)" in said.err


def test_what_others_wrote_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo(tmp_path / "cat.png")
    photo(tmp_path / "dog.png")
    (tmp_path / "cat.json").write_text('{"shapes": []}')  # labelme's
    (tmp_path / "dog_labels.png").write_bytes(b"drawn by hand")
    assert predict(tmp_path / "cat.png", tmp_path / "dog.png", "--out", tmp_path) == 0
    assert (tmp_path / "cat.json").read_text() == '{"shapes": []}'
    assert (tmp_path / "dog_labels.png").read_bytes() == b"drawn by hand"
    assert (tmp_path / "cat-2_labels.png").exists()
    assert json.loads((tmp_path / "dog-2.json").read_text())["image"] == str(tmp_path / "dog.png")
    assert "cat.json was not written by predict for cat.png" in capsys.readouterr().err


@pytest.mark.parametrize("as_json", [False, True])
def test_long_names_and_names_that_are_no_utf8(
    tmp_path: Path, as_json: bool, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    names = ["长" * 83 + ".png", os.fsdecode(b"caf\xe9.png"), "😀 =1.png", "a.png"]
    for name in names:
        photo(tmp_path / "in" / name)
    missing = "x" * 300 + ".png"
    words = [*(tmp_path / "in" / name for name in names), missing, "--out", tmp_path / "out"]
    assert predict(*words, *(["--json"] if as_json else [])) == 1
    said = capfdbinary.readouterr()
    assert len(said.out.splitlines()) == 4
    assert b"File name too long" in said.err
    assert b"1 of 5 photos could not be labelled." in said.err
    assert len(list((tmp_path / "out").glob("*_labels.png"))) == 4
    if as_json:
        assert [json.loads(line)["image"] for line in said.out.splitlines()] == [
            str(tmp_path / "in" / name) for name in names
        ]
    records = [json.loads(path.read_bytes())["image"] for path in (tmp_path / "out").glob("*.json")]
    assert sorted(records) == sorted(str(tmp_path / "in" / name) for name in names)


def test_a_large_photo_is_labelled_at_its_own_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("segcore.data.photo_decoding.MAX_PIXELS", 3000)
    photo(tmp_path / "large.png", (81, 101))
    assert predict(tmp_path / "large.png", "--out", tmp_path / "out") == 0
    assert "megapixels, shrunk to" in capsys.readouterr().out
    with PillowImage.open(tmp_path / "out" / "large_labels.png") as labels:
        assert labels.size == (101, 81)
        counts = np.bincount(np.asarray(labels).ravel(), minlength=2)
    facts = json.loads((tmp_path / "out" / "large.json").read_text())
    assert (facts["height"], facts["width"], facts["read_height"], facts["read_width"]) == (81, 101, 41, 51)
    assert [area["pixels"] for area in facts["areas"]] == counts.tolist()
    assert "shrunk" in facts["notes"][0]


def test_one_photo_that_fails_does_not_end_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from segcore.inference import Predictor

    whole = Predictor.__call__

    def failing(self: Predictor, rgb: np.ndarray) -> object:
        if rgb.shape[0] == 33:
            raise RuntimeError("out of memory")
        return whole(self, rgb)

    monkeypatch.setattr(Predictor, "__call__", failing)
    photo(tmp_path / "1.png", (33, 40))
    photo(tmp_path / "2.png")
    assert predict(tmp_path / "1.png", tmp_path / "2.png", "--out", tmp_path / "out") == 1
    assert "1.png: RuntimeError: out of memory." in capsys.readouterr().err
    assert (tmp_path / "out" / "2_labels.png").exists()
