"""The routes behind the epoch scrubber: what they tell, what they keep from the cache, and what nobody can reach."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from segcore.runs import Run
from tests.ui.made_runs import made_run
from tests.ui.made_samples import CLASSES, made_story
from tests.ui.test_routes import ask
from ui.api import run_epochs, run_samples


def told(name: str, since: int = 0) -> dict:
    answer = ask(f"/api/runs/{name}/epochs", query=f"since={since}")
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    return json.loads(answer.body)


def pixels(body: bytes) -> np.ndarray:
    return np.asarray(PIL.Image.open(io.BytesIO(body)))


def test_scores_counts_and_pictures_of_every_epoch() -> None:
    story = made_story("a")
    answer = told("a")
    assert [scores["epoch"] for scores in answer["scores"]] == [0, 1, 2, 3, 4]
    zh = json.loads(ask("/api/runs/a/epochs", query="since=0&lang=zh").body)["classes"]
    assert zh[0] == "背景", "well-known classes in the language of the page"
    assert answer["classes"] == list(CLASSES) and answer["state"] == "finished" and answer["shows"]
    assert [(sample["width"], sample["height"]) for sample in answer["samples"]] == [(64, 48), (60, 60), (80, 40)]
    for scores, pictures in zip(answer["scores"], answer["pictures"], strict=True):
        epoch = scores["epoch"]
        counts = ask(f"/api/runs/a/counts/{epoch}", query=f"v={scores['v']}")
        assert json.loads(counts.body) == story.counts(epoch).tolist()
        assert "immutable" in counts.headers["cache-control"]
        for number, labels, _, share in pictures["files"]:
            picture = ask(f"/api/runs/a/samples/{labels}", query=f"v={pictures['v']}")
            np.testing.assert_array_equal(pixels(picture.body), story.labels[epoch][number])
            assert picture.headers["content-type"] == "image/png"
            assert picture.headers["x-content-type-options"] == "nosniff"
            assert "immutable" in picture.headers["cache-control"] and "private" in picture.headers["cache-control"]
            assert 0 < share < 1


def test_asking_again_brings_only_what_is_new() -> None:
    story = made_story("a", epochs=2, state="running")
    first = told("a")
    again = told("a", first["offset"])
    assert (again["scores"], again["pictures"], again["samples"]) == ([], [], None)
    story.add_epoch(2)
    again = told("a", first["offset"])
    assert again["since"] == first["offset"]
    assert [scores["epoch"] for scores in again["scores"]] == [2]
    assert len(again["samples"]) == 3


def test_an_epoch_that_is_done_again_is_told_anew_and_never_from_the_cache() -> None:
    story = made_story("a", epochs=3, state="running")
    before = told("a")
    old = before["pictures"][2]
    story.run.emit("resumed", epoch=2, step=20)
    assert ask(f"/api/runs/a/samples/{old['files'][0][1]}").status == 404, "what was undone is not shown"
    assert ask("/api/runs/a/counts/2").status == 404
    story.add_epoch(2, luck=1)
    answer = told("a", before["offset"])
    assert answer["since"] == 0 and [scores["epoch"] for scores in answer["scores"]] == [0, 1, 2]
    new = answer["pictures"][2]
    assert new["files"][0][:3] == old["files"][0][:3]
    assert new["v"] != old["v"]
    for version, rule in ((old["v"], "no-store"), (new["v"], "immutable"), ("", "no-store")):
        picture = ask(f"/api/runs/a/samples/{new['files'][0][1]}", query=f"v={version}")
        np.testing.assert_array_equal(pixels(picture.body), story.labels[2][0])
        assert rule in picture.headers["cache-control"]
    for scores, rule in ((before["scores"][2], "no-store"), (answer["scores"][2], "immutable")):
        assert rule in ask("/api/runs/a/counts/2", query=f"v={scores['v']}").headers["cache-control"]
    assert json.loads(ask("/api/runs/a/counts/2").body) == story.counts(2).tolist()


OTHER_FILES = (
    "0009-labels-0.png",
    "spec.json",
    "..%2fspec.json",
    "../spec.json",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2fevents.jsonl",
    "secret.png",
    "link.png",
    "truth-0.png%00",
    "truth-0.png/",
    "TRUTH-0.png",
    "",
    "a" * 5000,
)


@pytest.fixture
def strange_run(tmp_path: Path) -> Iterator[Run]:
    """A run from who knows where: its events name files that are none of ours."""
    story = made_story("a", epochs=1)
    secret = tmp_path / "secret.png"
    secret.write_bytes((story.run.samples_dir / "truth-0.png").read_bytes())
    (story.run.samples_dir / "link.png").symlink_to(secret)
    (story.run.samples_dir / "secret.png").write_bytes(b"not named by any event")
    rows = [
        {"sample": nth, "name": "x", "truth": name, "image": name, "labels": name, "confidence": name}
        for nth, name in enumerate(("../spec.json", str(secret), "../../../secret.png", "link.png", "truth-0.png\x00"))
    ]
    story.run.emit("sample", epoch=1, samples=rows)
    yield story.run


@pytest.mark.parametrize("name", OTHER_FILES)
def test_only_pictures_that_events_name_and_that_lie_there_are_given_out(strange_run: Run, name: str) -> None:
    answer = ask(f"/api/runs/a/samples/{name}")
    assert answer.status in (404, 307)  # a slash at the end leads to the name without it, which is a picture of ours
    assert len(answer.body) < 100


def test_names_in_events_are_not_trusted(strange_run: Run) -> None:
    assert ask("/api/runs/a/samples/truth-0.png").status == 200
    for name in ("../spec.json", "link.png", "../../../secret.png", "truth-0.png\x00"):
        assert run_samples.read(strange_run, name) is None
    assert told("a")["samples"] == []
    assert run_samples.comparable_runs(strange_run) == []


@pytest.mark.parametrize("what", ["epochs", "counts/0", "samples/truth-0.png", "rivals"])
@pytest.mark.parametrize("name", ["nobody", "..", "%2e%2e", "..%2f..%2fetc", "a" * 65, "a b", "a\x00"])
def test_a_run_that_is_none_has_nothing(what: str, name: str) -> None:
    assert ask(f"/api/runs/{name}/{what}").status == 404


@pytest.mark.parametrize("epoch", ["-1", "1.5", "9", "x", "1e3", "٣", "9" * 30])
def test_an_epoch_that_is_none_has_no_counts(epoch: str) -> None:
    made_story("a", epochs=1)
    assert ask(f"/api/runs/a/counts/{epoch}").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(method: str) -> None:
    made_story("a", epochs=1)
    for what in ("epochs", "counts/0", "samples/truth-0.png", "rivals"):
        assert ask(f"/api/runs/a/{what}", method=method).status == 405


def test_a_wrong_offset_is_refused_and_a_late_one_gets_everything() -> None:
    made_story("a", epochs=1)
    assert ask("/api/runs/a/epochs", query="since=-3").status == 400
    assert len(told("a", 10**9)["scores"]) == 1


def test_runs_are_comparable_by_classes_and_samples_not_by_name() -> None:
    mine = made_story("a", epochs=1)
    made_story("same", epochs=2, seed=1)
    made_story("other-images", epochs=1, truth_seed=1)
    made_story("other-classes", epochs=1, classes=CLASSES[:2])
    made_run("without-pictures")
    assert {rival["name"]: rival["why"] for rival in run_samples.comparable_runs(mine.run)} == {
        "same": "",
        "other-images": "samples",
        "other-classes": "classes",
    }
    ids = [{sample["id"] for sample in told(name)["samples"]} for name in ("a", "same", "other-images")]
    assert ids[0] == ids[1] and not ids[0] & ids[2]
    assert all(len(each) == 3 for each in ids)


def test_a_run_without_counts_or_pictures_says_so() -> None:
    made_run("a")
    answer = told("a")
    assert answer["pictures"] == [] and answer["samples"] is None
    assert not any("v" in scores for scores in answer["scores"])
    assert answer["scores"][0]["iou"] == [0.2, None]
    assert ask("/api/runs/a/counts/0").status == 404


def test_a_thousand_epochs_are_told_in_a_megabyte() -> None:
    """Counts stay where they are; 21 classes and eight samples an epoch."""
    files = [{kind: f"0000-{kind}-{n}.png" for kind in ("labels", "confidence")} for n in range(8)]
    rows = [{"sample": n, "pixel_accuracy": 1 / 3, **names} for n, names in enumerate(files)]
    scores = {"loss": 1 / 3, "miou": 1 / 3, "pixel_accuracy": 1 / 3, "mean_dice": 1 / 3, "iou": [1 / 3] * 21}
    val = {"kind": "val", "time": 1.5, "epoch": 1, "step": 100, **scores, "counts": [[10**6] * 21] * 21}
    shown = {"kind": "sample", "time": 1.5, "epoch": 1, "samples": rows}
    size = len(json.dumps([run_epochs._scores(val), run_epochs._pictures(shown)], separators=(",", ":")))
    assert 1000 * size < 1.1e6
