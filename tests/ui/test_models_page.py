"""The Models page: what is here, what can be had, what can be trained, and a checkpoint of one's own."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from segcore import paths
from segcore.checkpoint import CheckpointCard, CheckpointRef, Score, TrainingData, save_checkpoint
from segcore.errors import BadCheckpoint
from segcore.models import MODELS, build_model
from segcore.paths import PROJECT
from ui.models import checkpoints, samples

CARD = CheckpointCard(
    name="tiny",
    title="Tiny <b>net</b> **bold**",
    architecture="unet",
    options={"width": 4},
    classes=("background", "<img src=x>"),
    colours=((40, 40, 40), (230, 159, 0)),
    mean=(0.5, 0.5, 0.5),
    std=(0.25, 0.25, 0.25),
    working_side=64,
    training_data=(TrainingData(name="invented shapes", licence="CC0"),),
    scores=(Score(metric="mIoU", value=0.5, convention="dataset level", data="shapes", split="val"),),
    licence="MIT",
)


def saved(path: Path) -> bytes:
    save_checkpoint(path, build_model("unet", num_classes=2, width=4), CARD)
    return path.read_bytes()


def open_page() -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60).run()
    page.switch_page("../pages/models.py").run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_every_architecture_has_its_row() -> None:
    text = html(open_page())
    for card in MODELS.values():
        assert f'<a href="{card.paper}"' in text and card.summary.split("'")[0][:40] in text


def test_a_checkpoint_of_ones_own_appears_with_its_facts_and_its_words_are_only_words() -> None:
    saved(paths.own_checkpoints_dir() / "tiny.safetensors")
    page = open_page()
    text = html(page)
    assert "invented shapes" in text and "mIoU 0.500 on shapes val; dataset level" in text
    assert "<img src=x>" not in text and "&lt;img src=x&gt;" in text
    assert any(r"\<b\>" in markdown.value for markdown in page.markdown)


def test_every_checkpoint_has_sample_results_that_are_made_once(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "shipped_checkpoints_dir", paths.own_checkpoints_dir)
    path = paths.own_checkpoints_dir() / "tiny.safetensors"
    path.parent.mkdir(parents=True)
    saved(path)
    reference = CheckpointRef.of(path)
    names = samples.wanted(CARD)
    assert names and samples.read(reference, names[0]) is None
    page = open_page()
    for _ in names:
        page.run()
    assert not page.exception and "/api/blobs/" in html(page)
    made = sorted((own_home / "samples").iterdir())
    times = [each.stat().st_mtime_ns for each in made]
    assert len(made) == 2 * len(names)
    open_page()
    assert [each.stat().st_mtime_ns for each in made] == times, "they are kept"
    made[0].with_suffix(".json").write_text("{")
    assert None in [samples.read(reference, name) for name in names], "a damaged one is made again"
    path.write_bytes(path.read_bytes() + b"")
    saved(path)
    assert samples.read(CheckpointRef.of(path), names[0]) is None, "another version of the file"


def test_a_stop_ends_the_making_and_a_button_begins_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "make", lambda *_: None)
    page = open_page()
    page.button(key="models.samples.stop").click().run()
    assert any(button.key == "models.samples.start" for button in page.button)
    page.button(key="models.samples.start").click().run()
    assert any(button.key == "models.samples.stop" for button in page.button)


def test_a_card_states_what_the_checkpoint_cannot_do() -> None:
    saved(paths.own_checkpoints_dir() / "tiny.safetensors")
    text = html(open_page())
    assert "Knows no other classes" in text and "Accuracy drops far from 64 px" in text
    assert "Images unlike its training data (invented shapes)" in text
    assert "Weakest class: cross, IoU 0.894" in text, "of the shipped checkpoint"


def test_train_one_like_it_fills_the_form() -> None:
    page = open_page()
    page.button(key="models.train.shapes").click().run()
    assert not page.exception and page.selectbox(key="train.model").value == "unet"


def test_a_broken_file_in_the_folder_says_why() -> None:
    paths.own_checkpoints_dir().mkdir(parents=True)
    (paths.own_checkpoints_dir() / "broken.safetensors").write_bytes(b"nothing")
    page = open_page()
    assert len(page.warning) == 1 and "broken" in page.warning[0].value


def test_adding_a_checkpoint_makes_it_usable(tmp_path: Path) -> None:
    data = saved(tmp_path / "x.safetensors")
    page = open_page()
    page.file_uploader[0].upload("My net (1).safetensors", data, "application/octet-stream").run()
    assert len(page.success) == 1 and not page.error
    assert (paths.own_checkpoints_dir() / "My_net_1.safetensors").read_bytes() == data
    page.switch_page("../pages/segment.py").run()
    page.selectbox(key="segment.model").select("My_net_1").run()
    assert not page.exception and not page.error
    assert any("invented shapes" in caption.value for caption in page.caption)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04 a pickle", b"{}", b"\x00" * 100], ids=["empty", "pickle", "json", "zeros"]
)
def test_a_wrong_file_gets_a_sentence_and_nothing_is_kept(data: bytes) -> None:
    with pytest.raises(BadCheckpoint, match="wrong file") as caught:
        checkpoints.keep("wrong file.pth", data)
    assert "arriving" not in str(caught.value)
    assert not list(paths.own_checkpoints_dir().iterdir())


@pytest.mark.parametrize("name", ["../../evil.safetensors", "/etc/passwd", "..", "", "a\x00b", "CON", "x" * 300])
def test_a_name_never_leaves_the_folder(name: str, tmp_path: Path) -> None:
    checkpoints.keep(name, saved(tmp_path / "x.safetensors"))
    (kept,) = paths.own_checkpoints_dir().iterdir()
    assert kept.suffix == ".safetensors" and len(kept.name) < 80
