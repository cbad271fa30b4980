"""The recipes of CONTRIBUTING.md for a loss, a lesson, a page and a language, carried out in a copy of the project.

Those for a model and a dataset layout: tests/models/test_adding_a_model.py, tests/data/formats/test_adding_a_layout.py.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segcore import text
from segcore.paths import PROJECT

LOSS = '''"""Absolute error between probabilities and ground truth."""

from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, one_hot, pixel_term, pixel_weights, prepare


class AbsoluteError(Loss):
    """Mean absolute error of the softmax probabilities."""

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term; the unit is the pixel."""
        pixels = prepare(logits, target, self.num_classes)
        error = (pixels.logits.softmax(dim=1) - one_hot(pixels)).abs()
        return (pixel_term(error.mean(dim=1), pixel_weights(target, self.class_weights, error.dtype)),)


CARD = LossCard(name="absolute", title="Absolute error", summary="For the test.", paper="", build=AbsoluteError)
'''

LESSON = '''"""A lesson that computes what another one does."""

from dataclasses import replace

from ui.learn.lessons import upsampling

LESSON = replace(upsampling.LESSON, name="recipe")
'''

PAGE = '''"""A page for the test."""

import streamlit as st

from ui.text import t
from ui.widgets import frame

with frame.page("recipe"):
    st.write(t("recipe.body"))
'''

OPEN_PAGES = """
import sys
from streamlit.testing.v1 import AppTest

def opened(file, **address):
    page = AppTest.from_file("ui/main.py", default_timeout=120)
    page.switch_page(f"../pages/{file}")
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception and not page.error, [*page.exception, *page.error]
    return page

assert "Recipe body" in "".join(each.value for each in opened("recipe.py").markdown)
assert "寻常正文" in "".join(each.value for each in opened("recipe.py", lang="zh").markdown)
lesson = opened("learn.py", lesson="recipe")
assert "Recipe lesson" in "".join(each.value for each in lesson.title), lesson.title
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project without tests, documents and weights."""
    for folder in ("segcore", "ui", "pages", "locale", "static", ".streamlit"):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def insert(file: Path, before: str, new: str) -> None:
    """Add a line to a file, in front of the first occurrence of a text."""
    content = file.read_text(encoding="utf-8")
    assert before in content, f"{file.name} has no {before!r}"
    file.write_text(content.replace(before, new + before, 1), encoding="utf-8")


def add_texts(folder: Path, language: str, texts: dict[str, str]) -> None:
    file = folder / "locale" / f"{language}.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | texts), encoding="utf-8")


def python(folder: Path, *words: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(folder), "SEGCORE_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_a_loss_is_a_file_and_a_line_in_the_registry(copy: Path) -> None:
    shutil.copytree(PROJECT / "tests" / "losses", copy / "tests" / "losses")
    shutil.copy(PROJECT / "pyproject.toml", copy)
    (copy / "segcore" / "losses" / "absolute_error.py").write_text(LOSS, encoding="utf-8")
    registry = copy / "segcore" / "losses" / "registry.py"
    insert(registry, "from segcore.losses.base import", "from segcore.losses.absolute_error import CARD as ABSOLUTE\n")
    insert(registry, "    SQUARED_ERROR,\n", "    ABSOLUTE,\n")
    contract = "tests/losses/test_loss_contract.py"
    python(copy, "-m", "pytest", contract, "-k", "absolute", "-q", "-p", "no:cacheprovider")


def test_a_page_and_a_lesson_are_files_lines_and_texts(copy: Path) -> None:
    (copy / "pages" / "recipe.py").write_text(PAGE, encoding="utf-8")
    line = '        st.Page(PAGES / "recipe.py", title=t("recipe.nav"), url_path="recipe"),\n'
    insert(copy / "ui" / "main.py", '        st.Page(PAGES / "glossary.py"', line)
    (copy / "ui" / "learn" / "lessons" / "recipe.py").write_text(LESSON, encoding="utf-8")
    insert(copy / "ui" / "learn" / "table.py", "    skips,\n", "    recipe,\n")
    insert(copy / "ui" / "learn" / "table.py", "skips, architectures", "recipe, ")
    insert(copy / "ui" / "links.py", '"skips", ', '"recipe", ')
    for language, body in (("en", "Recipe body"), ("zh", "寻常正文")):
        known = json.loads((copy / "locale" / f"{language}.json").read_text(encoding="utf-8"))
        lesson = {key.replace(".upsampling.", ".recipe."): value for key, value in known.items()}
        page = {f"recipe.{name}": body for name in ("nav", "title", "lead", "body")}
        add_texts(copy, language, lesson | known | page | {"lesson.recipe.title": "Recipe lesson"})
    python(copy, "-c", OPEN_PAGES)


def test_a_language_is_a_file_of_texts(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_texts(copy, "en", {})
    (copy / "locale" / "fr.json").write_text(json.dumps({"train.nav": "Entraîner"}), encoding="utf-8")
    monkeypatch.setattr(text, "LOCALES", copy / "locale")
    for cached in (text.texts, text.languages, text.own_sentences):
        cached.cache_clear()
    try:
        assert text.languages() == ("en", "fr", "zh")
        assert text.best_language("fr-CA") == "fr"
        assert text.text_of("fr", "train.nav") == "Entraîner"
        assert text.text_of("fr", "runs.nav") == text.text_of("en", "runs.nav"), "what is missing falls back to English"
        assert text.translate("fr", "Interrupted from the keyboard.") == "Interrupted from the keyboard."
    finally:
        for cached in (text.texts, text.languages, text.own_sentences):
            cached.cache_clear()
