"""The left column of the glossary in CONTRIBUTING.md is written nowhere: names, docstrings, texts, documents."""

import ast
import json
import re
from functools import cache

import pytest

from segcore.paths import PROJECT
from tests.house.sources import modules, place, tree

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "checkpoints/README.md", "benchmarks/results.md")

ALLOWED_PHRASES = (
    "in one piece",
    "what you say",
)
"""Phrases in which a word of the left column means something else; they are ignored."""

ALLOWED_NAMES = frozenset({"pictures"})
"""Names that the layout of the project fixes: segcore/pictures.py encodes images for people."""


@cache
def glossary() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(phrase, what to write) for prose, and the same for words that only concern names."""
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!do not write|---)(.+?) \| (.+?) \|$", text.split("## Words")[1], re.MULTILINE)
    both, names = [], []
    for left, right in rows:
        for entry in left.split(", "):
            (names if entry.startswith("`") else both).append((entry.strip("`"), right))
    return both, names


def violations(text: str) -> list[str]:
    """Words of the left column in a text for people, each with what to write."""
    for phrase in ALLOWED_PHRASES:
        text = re.sub(re.escape(phrase), " ", text, flags=re.IGNORECASE)
    text = re.sub(r"``[^`]*``|`[^`]*`|\{\w+[^}]*\}|\bhttps?://\S+", " ", text)  # code, placeholders and addresses
    return [f'"{word}": write {right}' for word, right, pattern in _patterns() if pattern.search(text)]


@cache
def _patterns() -> list[tuple[str, str, re.Pattern[str]]]:
    return [(word, right, _pattern(word)) for word, right in glossary()[0]]


def _pattern(phrase: str) -> re.Pattern[str]:
    before = r"(?<!ground )(?<!ground-)(?<!ground\n)" if phrase == "truth" else ""
    return re.compile(before + r"\b" + r"\s+".join(map(re.escape, phrase.split())) + r"\b", re.IGNORECASE)


def prose(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The docstring of a node without the names that begin the lines of its Args and Attributes."""
    return re.sub(r"^ {4}\*{0,2}\w+: ", "    ", ast.get_docstring(node) or "", flags=re.MULTILINE)


def misnamed(name: str) -> list[str]:
    """Words of the left column in a name, which is split at underscores and capitals."""
    words = "_" + "_".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)).lower() + "_"
    if "_ground_truth_" in words:
        words = words.replace("_ground_truth_", "_")
    both, names = glossary()
    return [f'"{word}": write {right}' for word, right in both + names if f"_{word.replace(' ', '_')}_" in words]


def test_the_glossary_is_read_whole():
    both, names = glossary()
    assert ("bridge", "skip connection") in both
    assert ("of_all", "all_gather") in names
    assert len(both) + len(names) >= 60


def test_the_search_finds_and_forgives():
    assert violations("The bridge carries\nfeatures.") == ['"bridge": write skip connection']
    assert violations("Shown in one piece, against the ground truth; `piece` is code.") == []
    assert violations("against the truth") == ['"truth": write ground truth']
    assert misnamed("ranks_of_all") == ['"of_all": write all_gather']
    assert misnamed("SpoiltImage") and misnamed("LookAtPieces") and not misnamed("GroundTruth")


@pytest.mark.parametrize("file", modules().values(), ids=place)
def test_names_and_docstrings_use_the_fields_words(file):
    module = tree(file)
    problems = [f"module name {problem}" for problem in misnamed(file.stem) if file.stem not in ALLOWED_NAMES]
    for node in ast.walk(module):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        name = getattr(node, "name", file.stem)
        if not name.startswith("_") and name not in ALLOWED_NAMES and not isinstance(node, ast.Module):
            problems += [f"{name}: {problem}" for problem in misnamed(name)]
        problems += [f"docstring of {name}: {problem}" for problem in violations(prose(node))]
    assert not problems, "\n".join(problems)


def test_english_texts_use_the_fields_words():
    texts = json.loads((PROJECT / "locale" / "en.json").read_text(encoding="utf-8"))
    problems = [f"{key}: {problem}" for key, text in texts.items() for problem in violations(text)]
    assert not problems, "\n".join(problems)


def test_messages_and_help_use_the_fields_words():
    sentences = json.loads((PROJECT / "locale" / "sentences.zh.json").read_text(encoding="utf-8"))
    problems = [f"{sentence}: {problem}" for sentence in sentences for problem in violations(sentence)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_use_the_fields_words(document):
    text = (PROJECT / document).read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", " ", text.split("## Words")[0], flags=re.DOTALL)
    assert not violations(text), "\n".join(violations(text))
