"""Texts: none missing, none left over, placeholders agree, nothing said past t(), and nothing in a name is Markdown."""

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from streamlit.delta_generator import DeltaGenerator

from segcore.checkpoint import published_checkpoints
from segcore.errors import Message, joined
from segcore.metrics import scores
from segcore.models import MODELS
from segcore.paths import PROJECT
from segcore.text import (
    LOCALES,
    best_language,
    class_name,
    languages,
    model_title,
    own_sentences,
    translate,
    translator,
)
from ui import text
from ui.text import plain, t, t_count
from ui.widgets import forms

DRAWING = sorted([PROJECT / "app.py", *(PROJECT / "pages").glob("*.py"), *(PROJECT / "ui").rglob("*.py")])
WRITING = [*sorted((PROJECT / "segcore" / "export").glob("*.py")), *sorted((PROJECT / "segcore").glob("*.py"))]
SOURCES = [*DRAWING, *WRITING]
WRAPPERS = (PROJECT / "ui" / "text.py", PROJECT / "ui" / "learn" / "lesson.py")
"""Their keys come from elsewhere."""
ENGLISH = text.texts("en")


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def calls(path: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))


def key_pattern(argument: ast.expr, suffix: str) -> str:
    """A regular expression for the keys that an argument can be: "a.b" itself, f"a.{x}" with anything for x."""
    match argument:
        case ast.Constant(value=str(key)):
            return re.escape(key) + suffix
        case ast.JoinedStr(values=parts):
            return "".join(re.escape(p.value) if isinstance(p, ast.Constant) else "[a-z0-9_]+" for p in parts) + suffix
    raise AssertionError(f"line {argument.lineno}: the key of a text must be a literal or an f-string")


def lesson_of(path: Path) -> str:
    """The lesson whose texts a module calls as ``text``; empty for none."""
    found = re.search(r'^text = lesson_texts\("(\w+)"\)$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def used() -> list[tuple[str, ast.Call, Path]]:
    """(pattern of the key, the call, its file) of every call of t, t_count and the texts of a lesson."""
    found = []
    for path in SOURCES:
        lesson = lesson_of(path)
        for call in calls(path):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in ("t", "t_count") and path not in WRAPPERS:
                suffix = r"\.(?:one|many)" if name == "t_count" else ""
                found.append((key_pattern(call.args[0], suffix), call, path))
            elif name == "text" and lesson:
                found.append((rf"lesson\.{lesson}\." + key_pattern(call.args[0], ""), call, path))
    return found


def test_every_key_that_is_used_exists_and_gets_its_placeholders() -> None:
    for pattern, call, path in used():
        keys = [key for key in ENGLISH if re.fullmatch(pattern, key)]
        assert keys, f"{path.name}:{call.lineno} asks for {pattern}, which en.json has not"
        given_names = {keyword.arg for keyword in call.keywords}
        if None in given_names:  # **numbers: who calls so has a test of its own
            continue
        if call.func.id == "t_count":  # type: ignore[attr-defined]
            given_names |= {"count"}
        for key in keys:
            assert placeholders(ENGLISH[key]) <= given_names, f"{path.name}:{call.lineno}: {key}"


def test_well_known_classes_are_translated_and_no_spelling_is_changed() -> None:
    """One table for pages, reports, and messages that name a class."""
    chinese, english = translator("zh"), translator("en")
    assert class_name(chinese, "Cat") == "猫" and class_name(english, "Cat") == "Cat"
    assert class_name(chinese, "class.cat {x}") == "class.cat {x}" and class_name(chinese, "") == ""
    assert model_title(chinese, "Everyday: people, cats and dogs") == "日常：人、猫和狗"
    listed = joined([joined([Message("car"), " (9.6%)"], ""), Message("leaf {0}"), "+ 4"], ", ")
    assert translate("zh", listed) == "汽车 (9.6%), leaf {0}, + 4" and str(listed) == "car (9.6%), leaf {0}, + 4"


def test_no_key_is_left_over() -> None:
    patterns = [re.compile(pattern) for pattern in {pattern for pattern, _, _ in used()}]  # re's own cache is too small
    pages = ("title", "lead")  # frame.page(name)
    left_over = {key for key in ENGLISH if not any(pattern.fullmatch(key) for pattern in patterns)}
    assert {key for key in left_over if key.split(".")[-1] not in pages} == set()


@pytest.mark.parametrize("file", sorted(path.name for path in LOCALES.iterdir()))
def test_a_file_is_sorted_and_has_no_key_twice(file: str) -> None:
    pairs: list[tuple[str, str]] = json.loads((LOCALES / file).read_text("utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert keys == sorted(set(keys))


def test_all_languages_have_the_same_keys_and_placeholders() -> None:
    for language in languages():
        words = text.texts(language)
        assert words.keys() == ENGLISH.keys()
        assert {key: placeholders(words[key]) for key in words} == {key: placeholders(ENGLISH[key]) for key in ENGLISH}


CHINESE = re.compile("[\u4e00-\u9fff]")
THE_SAME = {"CAM", "COCO", "CPU", "Dice", "GPU", "Grad", "IoU", "JPEG", "Seg", "logits", "segcore"}
"""What Chinese writes in Latin letters too; placeholders, numbers and signs say nothing."""


@pytest.mark.parametrize("words", [text.texts("zh"), own_sentences("zh")], ids=["keys", "sentences"])
def test_nothing_chinese_is_english(words: dict[str, str]) -> None:
    for key, said in words.items():
        latin = set(re.findall("[A-Za-z]+", re.sub(r"\{\w+[^{}]*\}", "", said)))
        assert CHINESE.search(said) or latin <= THE_SAME, f"{key}: {said}"


MARKUP = sorted((PROJECT / "ui").rglob("*.html"))
SCRIPTS = sorted((PROJECT / "ui").rglob("*.js"))


@pytest.mark.parametrize("path", MARKUP, ids=lambda path: path.name)
def test_markup_says_nothing_itself(path: Path) -> None:
    """Components get their words from Python: between the tags there is none, nor in an attribute that is read."""
    markup = re.sub(r"<!--.*?-->|<(svg|style)\b.*?</\1>", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r">[^<]*[A-Za-z]{2}[^<]*<", markup)
    assert not re.search(r'(?:aria-label|title|alt|placeholder)="[^"]*[A-Za-z]{2}', markup)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_nothing_themselves(path: Path) -> None:
    """What a script shows to people does not stand in it."""
    shown = r"""(?:textContent|ariaLabel|title|innerText|placeholder)\s*[=:]\s*["'`][^"'`$]*[A-Za-z]{2}"""
    assert not re.search(shown, path.read_text("utf-8"))


# --- sentences of segcore's own -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    [
        *(field.description for field in forms.FIELDS.values()),
        *(card.summary for card in MODELS.values()),
        scores(np.eye(2, dtype=np.int64), ("a", "b")).convention,
        *(score.convention for published in published_checkpoints() for score in published.card.scores),
    ],
)
def test_what_pages_always_show_is_translated(sentence: str) -> None:
    text.speak("zh")
    assert CHINESE.search(text.translated(sentence))
    text.speak("en")
    assert text.translated(sentence) == sentence


def test_a_sentence_with_values_is_translated_around_them_and_others_stay() -> None:
    text.speak("zh")
    empty = Message(
        "{name} is empty (0 bytes). It may not have been copied or uploaded whole; try again.", name="a {b}.png"
    )
    assert text.translated(empty) == "a {b}.png 是空文件（0 字节）。可能没有完整复制或上传，请重试。"
    unknown = Message("There is no model named {name!r}. Choose one of: {known}.", name="x", known=["a", "b"])
    lines = joined(["Nobody knows this sentence.", unknown], "\n  ")
    assert text.translated(lines) == "Nobody knows this sentence.\n  没有名为 'x' 的模型。可选：a, b。"


SAID = {"label", "help", "text", "caption", "title", "body", "placeholder", "page_title", "alt"}
ELEMENTS = {name for name in dir(DeltaGenerator) if not name.startswith("_")} | {"Page", "set_page_config"}
QUIET = {"html", "columns", "container", "logo", "code"}  # their first argument is not prose


def test_nothing_is_said_past_t() -> None:
    """No literal with letters goes into an element of Streamlit's, be it the first argument or one that is shown."""
    for path in DRAWING:
        for call in calls(path):
            if not (isinstance(call.func, ast.Attribute) and call.func.attr in ELEMENTS):
                continue
            if ast.unparse(call.func.value) == "log":  # log.exception is not st.exception
                continue
            first = call.args[:1] if call.func.attr not in QUIET else []
            for argument in [*first, *(keyword.value for keyword in call.keywords if keyword.arg in SAID)]:
                parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
                for part in parts:
                    literal = part.value if isinstance(part, ast.Constant) else None
                    said = re.sub(r":material/\w+:|:[a-z]+\[", "", str(literal or ""))  # an icon, a colour
                    assert not re.search("[A-Za-z]", said), f"{path.name}:{call.lineno}"


def test_a_missing_key_raises_here_and_is_shown_as_itself_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        t("no.such")
    monkeypatch.delenv("SEGCORE_STRICT_TEXT")
    assert t("no.such") == "no.such"
    assert t("frame.unexpected") == "frame.unexpected"  # its placeholder was not given


def test_counting() -> None:
    assert t_count("segment.tiles", 1) == "not tiled"
    assert t_count("segment.tiles", 6) == "in 6 tiles"


@pytest.mark.parametrize(
    ("wishes", "answer"),
    [
        ((), "en"),
        ((None, ""), "en"),
        (("xx", "en-GB"), "en"),
        (("EN-us",), "en"),
        (("../en", "xx"), "en"),
        (("zh-Hans-CN", "en"), "zh"),
        ((None, "zh-TW"), "zh"),
        (("sentences.zh",), "en"),
    ],
)
def test_the_first_wish_that_can_be_fulfilled(wishes: tuple[str | None, ...], answer: str) -> None:
    assert best_language(*wishes) == answer


ATTACKS = [
    "![x](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "**bold** _it_ `code` ~~no~~ $x^2$ :smile: :red[x] :material/bolt:",
    "# heading\n- list\n1. number\n> quote\n---",
    "https://evil.example www.evil.example mailto:a@evil.example",
    "a|b\n-|-\n1|2",
    "back\\slash &amp; &lt;b&gt;",
]


def rendered(markdown: str) -> set[str]:
    """The kinds of things that a CommonMark renderer finds in a text."""
    kinds: set[str] = set()
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown):
        kinds |= {token.type} | {child.type for child in token.children or []}
    return kinds


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.text(alphabet=st.sampled_from("ab1 \n\t!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), max_size=40))
def test_a_name_is_never_markdown(name: str) -> None:
    quiet = {"paragraph_open", "paragraph_close", "inline", "text", "hardbreak", "softbreak", "text_special"}
    assert rendered(f"x{plain(name)}") <= quiet


@pytest.mark.parametrize("attack", ATTACKS)
def test_known_attacks_are_text(attack: str) -> None:
    assert rendered(f"x {plain(attack)}") <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "text",
        "hardbreak",
        "softbreak",
        "text_special",
    }
    for special in (r":", r"\$", r"\["):  # of Streamlit's own Markdown: :smile:, :red[…], $formula$
        assert not re.search(rf"(?<!\\){special}", plain(attack))
    assert not re.search("(?i)www|http|mailto", plain(attack))


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.from_regex(r"[A-Za-z0-9 äöü中文,;%]{1,30}", fullmatch=True))
@example("IMG 2041 中文")
def test_harmless_names_stay_as_they_are(name: str) -> None:
    if not re.search("(?i)http|www|ftp|mailto|xmpp", name):
        assert plain(name) == name.strip()
