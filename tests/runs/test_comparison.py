"""Runs side by side: what differs, what is best, and what stands against comparing them."""

from pathlib import Path
from typing import Any

import pytest

from segcore.runs import Compared, compared, differences, new_run, obstacles
from segcore.runs.comparison import flat

PLAN = {"model": "unet", "options": {"width": 8}, "data": ["shapes"], "val_data": [], "val_share": 0.15, "seed": 0}


def made(root: Path, name: str, *, classes: tuple[str, ...] = ("a", "b"), **plan: Any) -> Compared:
    run = new_run({**PLAN, **plan}, name=name, root=root)
    with run.hold():
        run.emit("setup", classes=classes, parameters=1000, val_images=8, device="cpu", versions={"torch": "2"})
        run.emit("state", state="running")
        for epoch, miou in enumerate([0.25, 0.75, None]):
            run.emit("val", epoch=epoch, miou=miou, loss=1.0, iou=[miou, None], pixel_accuracy=0.9, convention="So.")
        run.emit("state", state="finished")
    return compared(run)


def test_nested_settings_become_one_level() -> None:
    assert flat({"a": 1, "b": {"c": [2], "d": {"e": None}}, "f": {}}) == {"a": 1, "b.c": [2], "b.d.e": None, "f": {}}


def test_only_what_differs() -> None:
    assert differences([{"a": 1, "b": 2}, {"a": 1, "b": 3, "c": []}]) == {"b": [2, 3], "c": [None, []]}
    assert differences([{"a": 1}, {"a": 1}]) == {}


def test_the_numbers_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    run = made(tmp_path, "one")
    names = ("miou", "epoch", "iou.0", "iou.1", "iou.7", "loss", "parameters", "mean_dice", "convention")
    assert [run.number(name) for name in names] == [0.75, 2, 0.75, None, None, 1.0, 1000, None, None]
    assert run.settings["options.width"] == 8
    assert run.setup["versions.torch"] == "2"


def test_a_run_that_never_began_has_no_numbers(tmp_path: Path) -> None:
    run = compared(new_run(PLAN, root=tmp_path))
    assert (run.number("miou"), run.number("epoch"), run.classes) == (None, None, ())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"model": "segnet", "learning_rate": 1}, []),
        ({"classes": ("a", "c")}, ["classes"]),
        ({"data": ["leaves"]}, ["data"]),
        ({"val_data": ["leaves"]}, ["data"]),
        ({"working_side": 512}, ["data"]),
        ({"seed": 1}, ["split"]),
        ({"val_share": 0.5}, ["split"]),
        ({"data": ["leaves"], "seed": 1, "classes": ("a",)}, ["classes", "data"]),
    ],
)
def test_what_stands_against_comparing(change: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    assert obstacles([made(tmp_path, "one"), made(tmp_path, "two", **change)]) == expected


def test_data_of_their_own_for_validation_makes_seeds_no_matter(tmp_path: Path) -> None:
    runs = [made(tmp_path, f"run-{seed}", val_data=["val"], data=[f"d{seed}"], seed=seed) for seed in (0, 1)]
    assert obstacles(runs) == []


def test_a_run_that_never_began_stands_in_nobodys_way(tmp_path: Path) -> None:
    assert obstacles([made(tmp_path, "one"), compared(new_run(PLAN, name="two", root=tmp_path))]) == []
