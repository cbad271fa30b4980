"""``data show`` and ``data check``: a refused split does not end the rest, and what a check cannot know is stated."""

import json
from pathlib import Path

import numpy as np
import pytest

from segcore.cli import main
from segcore.data.doctor.limits import sound, unknown
from segcore.text import translate
from tests.data.sample_files import photo, save, write

SQUARE = [[2, 2, 9, 2, 9, 9, 2, 9]]


def coco_json(split: str, *categories: str) -> str:
    names = [{"id": number, "name": name} for number, name in enumerate(categories, 1)]
    image = {"id": 1, "file_name": f"{split}.png", "height": 12, "width": 16}
    note = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": SQUARE}
    return json.dumps({"images": [image], "annotations": [note], "categories": names})


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    root = tmp_path / "leaves"
    for seed, split in enumerate(("train", "val", "test")):
        save(root / "images" / f"{split}.png", photo(seed=seed))
        write(root / "annotations" / f"instances_{split}.json", coco_json(split, "leaf"))
    return root


def own_folder(root: Path) -> Path:
    write(root / "classes.json", json.dumps({"classes": ["background", "leaf"]}))
    for seed, split in enumerate(("train", "val")):
        for number in range(2):
            save(root / split / "images" / f"{number}.png", photo(seed=10 * seed + number))
            save(root / split / "masks" / f"{number}.png", np.tile(np.arange(16, dtype=np.uint8) % 2, (12, 1)))
    return root


REFUSED = {
    "no JSON": "{broken",
    "no photo": coco_json("gone", "leaf"),
    "other classes": coco_json("val", "leaf", "stem"),
    "boxes": coco_json("val", "leaf").replace(json.dumps(SQUARE), "[]"),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=list(REFUSED))
def test_a_refused_annotation_file_does_not_end_the_rest(
    coco: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (coco / "annotations" / "instances_val.json").write_text(text, encoding="utf-8")
    assert main(["data", "show", str(coco)]) == 1
    shown = capsys.readouterr().out
    assert "\ntrain " in shown
    assert "\ntest " in shown
    assert "val cannot be used: " in shown
    assert main(["data", "show", str(coco), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert list(facts["splits"]) == ["train", "test"]
    assert list(facts["refused"]) == ["val"]
    assert main(["data", "check", str(coco), "--json"]) == 1
    findings = {each["kind"]: each for each in json.loads(capsys.readouterr().out)}
    assert findings["bad_split"]["files"] == ["val"]
    assert findings["bad_split"]["detail"] == facts["refused"]["val"]


def test_a_refused_split_of_a_folder_does_not_end_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = own_folder(tmp_path / "own")
    (root / "val" / "masks" / "1.png").unlink()
    assert main(["data", "show", str(root)]) == 1
    shown = capsys.readouterr().out
    assert "\ntrain " in shown
    assert "val cannot be used: " in shown


def test_where_every_split_is_refused_the_command_fails(coco: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (coco / "annotations").iterdir():
        path.write_text("{broken", encoding="utf-8")
    assert main(["data", "show", str(coco)]) == 2
    assert "is no valid JSON" in capsys.readouterr().err
    assert main(["data", "check", str(coco)]) == 2


def test_a_check_states_what_it_read_and_what_it_cannot_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = own_folder(tmp_path / "own")
    assert main(["data", "check", str(root)]) == 0
    shown = capsys.readouterr().out
    assert f"{root}: no problems found." in shown
    assert sound(4) in shown
    for line in unknown(("train", "val"), 4):
        assert f"- {line}" in shown
    assert "no validation split" not in shown


def test_data_without_a_validation_split_is_divided_at_random() -> None:
    assert any("divides its images at random" in line for line in unknown((), 500))
    assert any("divides its images at random" in line for line in unknown(("train", "test"), 500))
    assert len(unknown(("train", "val"), 500)) == 1
    for line in (*unknown((), 1), *unknown((), 5), sound(1), sound(2)):
        assert translate("zh", line) != line
