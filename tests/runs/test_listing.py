"""Which runs a list shows: filters, search, order."""

from dataclasses import replace
from pathlib import Path

import pytest

from segcore.runs import SORTS, Entry, Notes, Run, Summary, Wanted, listed

BLANK = Summary(
    name="", state="finished", requested=None, cause="", reason="", model="unet", data="shapes", epochs=9, done=9,
    best_miou=None, best_epoch=None, images_per_second=None, device="cpu", created=0, began=None, left_range=None,
    took=None,
)  # fmt: skip


def entry(name: str, notes: Notes = Notes(), **facts: object) -> Entry:  # noqa: B008 - frozen
    return Entry(Run(Path(name)), replace(BLANK, name=name, **facts), notes)  # type: ignore[arg-type]


RUNS = [
    entry("oldest", created=1.0, best_miou=0.3, state="failed"),
    entry("middle", Notes("Dice und\nmehr", ("Base Line", "x")), created=2.0, best_miou=0.9, model="fcn8s"),
    entry("live", Notes(star=True), created=3.0, state="running"),
    entry("newest", created=4.0, best_miou=0.5, data="my leaves"),
    entry("away", Notes(archived=True, star=True), created=5.0, best_miou=0.1),
]


def names(**wanted: object) -> list[str]:
    return [each.run.name for each in listed(RUNS, Wanted(**wanted))]  # type: ignore[arg-type]


def test_the_live_come_first_then_the_newest_and_what_is_put_away_is_left_out() -> None:
    assert names() == ["live", "newest", "middle", "oldest"]
    assert names(live_first=False) == ["newest", "live", "middle", "oldest"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"archived": "yes"}, ["away"]),
        ({"archived": "all", "starred": True}, ["live", "away"]),
        ({"starred": True}, ["live"]),
        ({"states": ("failed", "running")}, ["live", "oldest"]),
        ({"models": ("fcn8s",)}, ["middle"]),
        ({"data": ("my leaves",)}, ["newest"]),
        ({"tags": ("base line", "X")}, ["middle"]),
        ({"tags": ("base line", "y")}, []),
        ({"text": "DICE mehr"}, ["middle"]),
        ({"text": "leaves new"}, ["newest"]),
        ({"text": "base fcn"}, ["middle"]),
        ({"text": "nobody"}, []),
        ({"text": "  "}, ["live", "newest", "middle", "oldest"]),
    ],
)
def test_filters(wanted: dict[str, object], expected: list[str]) -> None:
    assert names(**wanted) == expected


def test_what_is_not_known_stands_at_the_end_whichever_way_the_order_goes() -> None:
    assert names(sort="best", live_first=False) == ["middle", "newest", "oldest", "live"]
    assert names(sort="best", descending=False, live_first=False) == ["oldest", "newest", "middle", "live"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_keeps_everybody(sort: str) -> None:
    for descending in (True, False):
        assert sorted(names(sort=sort, descending=descending, archived="all")) == sorted(e.run.name for e in RUNS)


def test_equals_are_in_the_order_of_their_age() -> None:
    assert names(sort="device", descending=False, live_first=False) == ["newest", "live", "middle", "oldest"]


def test_an_unknown_order_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="sorted by"):
        names(sort="luck")


def test_restrictions_are_counted() -> None:
    assert Wanted().restrictions == 0
    assert Wanted(text="x", states=("lost",), starred=True, archived="all").restrictions == 3
