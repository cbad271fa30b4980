"""The report of a run: one file, nothing loaded from elsewhere, its numbers those of the events, names never HTML."""

import json
from html.parser import HTMLParser

import pytest

from segcore.export.run_images import shown_epochs
from segcore.export.run_report import html_report
from segcore.runs import Run, new_run
from segcore.text import texts
from tests.export.conftest import HOSTILE

VOID = {"meta", "img", "line", "path", "circle", "br"}


class Tree(HTMLParser):
    """What stands in a file: balanced tags, attributes, and the text of every element that has a name."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.texts: list[str] = []
        self.feed(page.decode())
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += " ".join(data.split())

    def row(self, first: str) -> list[str]:
        """The first row of a table that begins with this cell."""
        return next(row for row in self.rows if row and row[0] == first)


@pytest.fixture
def page(ended: Run) -> bytes:
    return html_report(ended)


@pytest.fixture
def tree(page: bytes) -> Tree:
    return Tree(page)


def test_the_scores_are_those_of_the_best_epoch(tree: Tree) -> None:
    assert tree.row("background")[1:] == ["0.800", "0.900", "0.810", "0.830", "70.0 %"]
    assert tree.row("never")[1:] == ["—", "—", "—", "—", "0.0 %"]
    assert tree.row("Mean IoU, classes in ground truth or prediction")[1] == "0.600"
    assert tree.row("Frequency-weighted IoU")[1] == "0.750"
    assert "0.600 @ 2" in tree.texts
    assert any("over the 2 of 3 classes" in text for text in tree.texts)


def test_the_confusion_matrix_shows_shares_of_the_truth_and_keeps_the_counts(tree: Tree) -> None:
    rows = [row for row in tree.rows if row[0] == "background"]
    assert rows[1] == ["background", "93", "7", "0"]
    assert any(attrs.get("title") == "background → background: 650" for _, attrs in tree.tags)


def test_the_table_of_curves_equals_the_events(ended: Run, tree: Tree) -> None:
    validations = [event for event in ended.timeline(("val",)) if event["kind"] == "val"]
    for event in validations:
        expected = [event["loss"], event["miou"], event["pixel_accuracy"], event["mean_dice"], *event["iou"]]
        row = next(row for row in tree.rows if row[0] == str(event["epoch"] + 1))
        assert row[1:] == ["—" if value is None else f"{value:.4f}" for value in expected]
    assert any("Validation loss: 1, 1.23" in text for text in tree.texts), "under the pointer too"


def test_settings_that_differ_and_all_of_them(ended: Run, tree: Tree) -> None:
    rows = [row for row in tree.rows if row[0] == "learning_rate"]
    assert rows == [["learning_rate", "0.02", "0.001"], ["learning_rate", "0.02"]]
    assert not [row for row in tree.rows if row[0] == "momentum" and len(row) == 3], "it is the default"
    assert {row[0] for row in tree.rows} >= set(ended.plan)
    (spec,) = (text for text in tree.texts if text.startswith("{\n"))
    assert json.loads(spec) == ended.plan, "the file for the command that does it again"
    assert "python -m segcore train --config told.json" in tree.texts


def test_changes_on_the_way_are_told(ended: Run) -> None:
    ended.amend({"learning_rate": 0.005})
    tree = Tree(html_report(ended, worst=0))
    assert any("learning_rate = 0.005" in text for text in tree.texts)
    assert ["learning_rate", "0.005", "0.001"] in tree.rows


def test_samples_and_the_worst_are_pictures_within_the_file(tree: Tree) -> None:
    pictures = [attrs for tag, attrs in tree.tags if tag == "img"]
    samples, worst = pictures[:5], pictures[5:]  # photo, truth, epochs 1, 2 and 3
    assert [str(each["alt"]).removeprefix(f"{HOSTILE}: ") for each in samples] == [
        "Photo", "Ground truth", "First: epoch 1", "Best: epoch 2", "Last: epoch 3",
    ]  # fmt: skip
    assert len(worst) == 2 * 4
    assert all(str(each["src"]).startswith("data:image/jpeg;base64,/9j/") for each in pictures)


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(page: bytes, tree: Tree) -> None:
    assert not {tag for tag, _ in tree.tags} & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for tag, attrs in tree.tags:
        assert not [name for name in attrs if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert str(attrs.get(name) or "#").startswith(("#", "data:image/jpeg;base64,"))
    policies = [attrs["content"] for _, attrs in tree.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert str(policies[0]).startswith("default-src 'none'")
    style = page.decode().split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style


def test_names_of_strangers_are_text(page: bytes, tree: Tree) -> None:
    text = page.decode()
    assert "<script" not in text and "<img src=http" not in text
    assert "{{ 7*7 }}" in text, "no template language in a name either"
    assert [row for row in tree.rows if row[0] == HOSTILE], "shown as it is written"


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-CN")])
def test_it_speaks_the_language_that_was_asked_for(run: Run, language: str, tag: str) -> None:
    tree = Tree(html_report(run, language=language, worst=0))
    assert ("html", {"lang": tag}) in tree.tags
    for key in ("report.classes", "report.confusion.about", "report.again", "report.samples.about"):
        assert texts(language)[key] in tree.texts
    if language == "zh":
        assert texts("zh")["report.classes"] != texts("en")["report.classes"]


def test_headings_have_an_order_and_links_lead_to_them(tree: Tree) -> None:
    names = {attrs.get("id") for tag, attrs in tree.tags if tag == "section"}
    links = {str(attrs["href"]).removeprefix("#") for tag, attrs in tree.tags if tag == "a"}
    assert names == links >= {"result", "classes", "curves", "samples", "worst", "settings", "again"}
    assert [tag for tag, _ in tree.tags if tag == "h1"] == ["h1"]


def test_a_lost_dataset_is_a_sentence(ended: Run) -> None:
    ended.emit("amended", changes={"data": ["/nowhere/leaves"]})
    tree = Tree(html_report(ended))
    assert any("cannot be shown" in text and "/nowhere/leaves" in text for text in tree.texts)
    assert [row for row in tree.rows if row[0].startswith("val-") or row[0].startswith("shapes")], "still named"


def test_pictures_that_were_tidied_away_are_a_sentence(ended: Run) -> None:
    (ended.samples_dir / "0001-labels-0.png").unlink()
    assert any("no longer in the folder" in text for text in Tree(html_report(ended, worst=0)).texts)


def test_a_run_that_never_began_still_has_a_report(home: object) -> None:
    tree = Tree(html_report(new_run({"model": "unet", "data": ["shapes"]}, name="new")))
    assert any("no scores" in text for text in tree.texts)
    assert "Queued" in tree.texts


def test_a_failed_run_says_why(run: Run) -> None:
    run.emit("state", state="failed", reason=f"The loss became nan. {HOSTILE}")
    assert any("The loss became nan" in text for text in Tree(html_report(run, worst=0)).texts)


def test_a_report_of_a_long_run_stays_small(run: Run) -> None:
    small = len(html_report(run, worst=0))
    with run.events_path.open("a") as file:
        for step in range(12, 50_000):
            event = {"kind": "step", "time": 1.0, "epoch": 3, "step": step, "loss": 1 / step, "rate": 0.1}
            file.write(json.dumps(event) + "\n")
    assert len(html_report(run, worst=0)) < small + 60_000


@pytest.mark.parametrize(
    ("epochs", "best", "chosen"),
    [
        ([], None, []),
        ([0], 0, [(0, "best")]),
        ([0, 1], None, [(0, "first"), (1, "last")]),
        (range(10), 7, [(0, "first"), (5, "middle"), (7, "best"), (9, "last")]),
        (range(10), 9, [(0, "first"), (5, "middle"), (9, "best")]),
        ([4, 5, 6], 2, [(4, "first"), (5, "middle"), (6, "last")]),
    ],
)
def test_epochs_that_tell_most(epochs: list[int], best: int | None, chosen: list[tuple[int, str]]) -> None:
    assert shown_epochs(list(epochs), best) == chosen


def test_progress_counts_the_images(ended: Run) -> None:
    told: list[tuple[int, int]] = []
    html_report(ended, worst=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
