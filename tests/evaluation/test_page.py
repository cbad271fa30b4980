"""The page for people: whole in one file, nothing active in it, strangers' names harmless."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from segcore.evaluation import Options, Report, evaluate_checkpoint, write_page
from segcore.evaluation.report import environment, now
from segcore.evaluation.robustness import Cell, RobustnessCard
from tests.evaluation.test_measure import Few, RedChannel, sample

NASTY = "<script>alert(1)</script>"
CLASSES = ("background", NASTY, "cat & dog")


class Balanced(HTMLParser):
    """Checks that what is opened is closed, and collects tags and addresses."""

    void = frozenset({"meta", "img", "path", "rect", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.seen.add(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag


def checked(page: str) -> Balanced:
    parser = Balanced()
    parser.feed(page)
    assert parser.open == []
    assert not parser.seen & {"script", "link", "iframe"} and " on" not in re.sub(r">[^<]*<", "><", page).lower()
    assert all(address.startswith("data:image/jpeg;base64,") for address in parser.addresses)
    assert NASTY not in page and "&lt;script&gt;" in page
    return parser


@pytest.fixture
def few() -> Few:
    rng = np.random.default_rng(0)
    truth = [rng.integers(0, 3, (20, 30)).astype(np.uint8) for _ in range(3)]
    samples = [
        sample(f"{NASTY} {n}", np.where(rng.random((20, 30)) < 0.7, ids, 0).astype(np.uint8), ids)
        for n, ids in enumerate(truth)
    ]
    return Few(samples, CLASSES)


def evaluated(few: Few, keep: Path | None = None) -> Report:
    return evaluate_checkpoint(RedChannel(CLASSES), few, options=Options(outlines=True, keep=keep))


def test_everything_is_in_one_file(few: Few, tmp_path: Path) -> None:
    report = evaluated(few, tmp_path / "kept")
    card = RobustnessCard(
        created=now(), checkpoint="red", sha256="", data="few", data_title=NASTY, split=None, images=3, seed=7,
        classes=CLASSES, clean_miou=0.5, clean_iou=(0.5, 0.5, 0.5), relative=0.6, environment=environment(),
        cells=(Cell("blur", 1, 0.1, 0.3, 0.6, (0.3, 0.3, 0.3)), Cell("flip", 1, 1, float("nan"), float("nan"), ())),
        convention="Data-set level.",
    )  # fmt: skip
    page = tmp_path / "report.html"
    write_page(
        page, report, RedChannel(CLASSES).card, few, tmp_path / "kept", robustness=card,
        history={"validation mIoU": [0.1, None, 0.4, float("nan"), 0.5], "validation loss": [None]},
    )  # fmt: skip
    text = page.read_text(encoding="utf-8")
    parser = checked(text)
    assert len(parser.addresses) == 9, "photo, prediction and truth of three images"
    for words in (
        f"mIoU {report.scores.miou:.3f}",
        "Pascal VOC devkit",
        "Calibration",
        "Robustness",
        "blur",
        "Training",
    ):
        assert words in text
    assert "nan" not in text.lower().replace("nan makes", "").replace("one nan", "").replace(
        "the mean nan", ""
    ).replace("mean nan", "")


def test_what_was_not_kept_or_measured_is_left_out(few: Few, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    write_page(page, evaluated(few), RedChannel(CLASSES).card, few, tmp_path / "nothing")
    parser = checked(page.read_text(encoding="utf-8"))
    assert len(parser.addresses) == 3, "the photos alone"
    assert "Robustness" not in page.read_text() and "Training" not in page.read_text()


def test_many_classes_get_a_list_of_confusions(tmp_path: Path) -> None:
    names = tuple(f"class {c} {NASTY}" for c in range(40))
    truth = (np.arange(400) % 40).reshape(20, 20).astype(np.uint8)
    data = Few([sample("one", np.where(truth == 7, 8, truth).astype(np.uint8), truth)], names)
    report = evaluate_checkpoint(RedChannel(names), data)
    page = tmp_path / "report.html"
    write_page(page, report, RedChannel(names).card, data, tmp_path)
    text = page.read_text(encoding="utf-8")
    checked(text)
    assert "Most frequent confusions" in text and "100.0%" in text
