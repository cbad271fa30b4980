"""What a dataset is made of, counted by hand on small ones."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segcore.cli.program import main
from segcore.data import open_dataset
from segcore.data.statistics import MAX_NAMED, OBJECT_BINS, count_by_area, measure_split, work
from segcore.job_context import Cancelled, JobContext
from segcore.jobs import job_result
from segcore.jobs.worker import run_job
from segcore.runs import new_run
from segcore.runs.journal import plain_values
from tests.data.sample_files import photo, save, write

MakeFolder = Callable[..., Path]


def test_pieces_are_counted_by_doublings_of_their_area() -> None:
    mask = np.zeros((20, 30), bool)
    mask[0, 0] = mask[1, 1] = True  # two pixels that touch at a corner: one piece
    mask[5, 5] = True
    mask[8:12, 3:7] = True  # 16
    mask[8:13, 10:13] = True  # 15
    bins = count_by_area(mask)
    assert (bins[0], bins[1], bins[3], bins[4], bins.sum(), len(bins)) == (1, 1, 1, 1, 4, OBJECT_BINS)
    assert count_by_area(np.zeros((3, 3), bool)).sum() == 0


def test_facts_of_a_folder(make_folder: MakeFolder) -> None:
    root = make_folder(3)  # 20 x 30; class 1 in 10 x (5, 6, 7) pixels; one pixel ignored
    save(root / "images" / "wide.png", photo(10, 40))
    save(root / "masks" / "wide.png", np.zeros((10, 40), np.uint8))
    facts = measure_split(open_dataset(root), lambda: False, None, objects=True)
    assert facts is not None
    assert facts.pixels == [3 * 600 - 3 - 180 + 400, 180]
    assert (facts.showing, facts.ignored, facts.broken_count) == ([4, 3], 3, 0)
    assert facts.sizes == {(20, 30): 3, (10, 40): 1}
    assert (facts.median_size, facts.to_json()["smallest"]) == ((20, 30), (10, 40))
    assert facts.objects is not None
    assert sum(facts.objects[0]) == 0, "a background has no pieces"
    assert {bin_: count for bin_, count in enumerate(facts.objects[1]) if count} == {5: 2, 6: 1}


def test_a_thousand_broken_masks_are_counted_and_ten_are_named(make_folder: MakeFolder) -> None:
    root = make_folder(15)
    for path in (root / "masks").iterdir():
        path.write_bytes(b"broken")
    facts = measure_split(open_dataset(root), lambda: False)
    assert facts is not None
    assert (facts.broken_count, len(facts.broken), facts.median_size) == (15, MAX_NAMED, None)


def test_the_job_reads_every_split_once(tmp_path: Path) -> None:
    for split, count in (("train", 5), ("val", 2)):
        for number in range(count):
            save(tmp_path / split / "images" / f"{number}.png", photo(seed=number))
            save(tmp_path / split / "masks" / f"{number}.png", np.full((12, 16), 255, np.uint8))
    steps: list[tuple[int, int]] = []

    def emit(_kind: str, **values: object) -> None:
        steps.append((values["done"], values["total"]))

    answer = work({"data": str(tmp_path), "most": 3}, JobContext(tmp_path, emit))
    assert answer is not None
    assert [(name, part["images"], part["looked_at"]) for name, part in answer["splits"].items()] == [
        ("train", 5, 3),
        ("val", 2, 2),
    ]
    assert steps[-1] == (5, 5)
    assert len(json.dumps(plain_values(answer))) < 2000
    with pytest.raises(Cancelled):
        work({"data": str(tmp_path)}, JobContext(tmp_path, emit, lambda: True))


def test_the_answer_is_found_again_on_disk(make_folder: MakeFolder, tmp_path: Path) -> None:
    spec = {"job": "dataset_facts", "settings": {"data": str(make_folder(2, licence="CC0"))}}
    run = new_run(spec, root=tmp_path / "jobs")
    assert run_job(run) == "finished"
    answer = job_result(run)
    assert answer is not None
    assert (answer["licence"], answer["splits"]["all"]["images"]) == ("CC0", 2)


def test_lists_that_repeat_others_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / "JPEGImages" / "a.jpg", photo())
    save(tmp_path / "SegmentationClass" / "a.png", np.zeros((12, 16), np.uint8))
    for name in ("train", "val", "trainval"):
        write(tmp_path / "ImageSets" / "Segmentation" / f"{name}.txt", "a\n")
    answer = work({"data": f"voc:{tmp_path}"}, JobContext(tmp_path))
    assert answer is not None
    assert list(answer["splits"]) == ["train", "val"]


def test_the_commands(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    assert main(["data", "list"]) == 0
    assert "cityscapes" in capsys.readouterr().out
    assert main(["data", "list", "--json"]) == 0
    cards = {card["name"]: card for card in json.loads(capsys.readouterr().out)}
    assert (cards["voc"]["can_be_fetched"], cards["cityscapes"]["can_be_fetched"]) == (True, False)
    assert main(["data", "show", str(make_folder(3)), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["layout"], shown["splits"]["all"]["images"]) == ("folder", 3)
    assert main(["data", "show", str(tmp_path / "set")]) == 0
    assert "30 × 20" in capsys.readouterr().out
    assert main(["data", "show", "nowhere"]) == 2
    assert main(["data", "get", "cityscapes"]) != 0
    assert "register at https://www.cityscapes-dataset.com/" in capsys.readouterr().err
