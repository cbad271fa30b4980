"""Results of predict replace no file of anyone else."""

import json
from pathlib import Path

import pytest

from segcore.inference import ResultFolder, result_names

PNGS = (b"labels", b"overlay")


def run(folder: Path, photo: str, image_id: str = "1") -> str:
    """One run of predict over one photo; returns the stem."""
    results = ResultFolder(folder)
    stem, _ = results.stem_for(Path(photo), image_id)
    results.write(stem, Path(photo), image_id, {"image": photo}, PNGS)
    return stem


def test_results_are_replaced_by_those_of_the_same_photo(tmp_path: Path) -> None:
    assert run(tmp_path, "a/cat.png") == "cat"
    assert run(tmp_path, "a/cat.png") == "cat"
    assert run(tmp_path, "a/cat.png", "2") == "cat"  # the photo was changed
    assert run(tmp_path, "elsewhere/cat.png", "2") == "cat"  # it was moved
    assert run(tmp_path, "b/cat.png", "3") == "cat-2"
    assert run(tmp_path, "b/cat.png", "3") == "cat-2"
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.parametrize("name", ["cat.json", "cat_labels.png", "cat_overlay.png"])
@pytest.mark.parametrize("after_a_run", [False, True])
def test_files_of_others_and_changed_ones_are_kept(tmp_path: Path, name: str, after_a_run: bool) -> None:
    if after_a_run:
        run(tmp_path, "cat.png")
    file = tmp_path / name
    if after_a_run and name == "cat.json":
        file.write_text(json.dumps(json.loads(file.read_text()) | {"reviewed": True}))
    else:
        file.write_bytes(b'{"version": "5.0", "shapes": []}')
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    results = ResultFolder(tmp_path)
    assert results.stem_for(Path("cat.png"), "1") == ("cat-2", name)
    assert run(tmp_path, "cat.png") == "cat-2"
    assert {key: (tmp_path / key).read_bytes() for key in before} == before


def test_links_and_folders_are_no_results(tmp_path: Path) -> None:
    (tmp_path / "cat_labels.png").symlink_to("nowhere")
    (tmp_path / "dog.json").mkdir()
    assert run(tmp_path, "cat.png") == "cat-2"
    assert run(tmp_path, "dog.png") == "dog-2"
    assert not (tmp_path / "nowhere").exists()


def test_stems_are_distinct_also_where_case_does_not_count(tmp_path: Path) -> None:
    results = ResultFolder(tmp_path)
    names = ["cat.png", "x/cat.jpg", "Cat.png", "cat-2.png", "dog.tar.png"]
    stems = [results.stem_for(Path(name), str(number))[0] for number, name in enumerate(names)]
    assert stems == ["cat", "cat-2", "Cat-3", "cat-2-2", "dog.tar"]


@pytest.mark.parametrize("stem", ["x" * 251, "长" * 83, b"\xff".decode(errors="surrogateescape") * 250])
def test_long_names_are_shortened(tmp_path: Path, stem: str) -> None:
    first, second = run(tmp_path, f"a/{stem}.png"), run(tmp_path, f"b/{stem}.png", "2")
    assert stem.startswith(first)
    assert second == f"{first}-2"
    assert len(list(tmp_path.iterdir())) == 6
    assert run(tmp_path, f"a/{stem}.png") == first


def test_the_names_of_results(tmp_path: Path) -> None:
    run(tmp_path, "cat.png")
    (tmp_path / "labelme.json").write_text('{"segcore": 1}')
    (tmp_path / "broken.json").write_text('{"segcore"')
    assert result_names(tmp_path) == {"cat.json", "cat_labels.png", "cat_overlay.png"}
