"""Messages keep template and facts apart, and every template has a translation."""

import ast
import copy
import json
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from segcore.checkpoint import published_checkpoints
from segcore.classical import METHODS
from segcore.data import DATASETS, Augmentation
from segcore.errors import (
    BadConfig,
    BadImage,
    Message,
    SegcoreError,
    UnknownLabel,
    joined,
    read_message,
    read_reason,
    reason_fields,
)
from segcore.metrics import CONVENTIONS
from segcore.models import CLASSIFIERS, MODELS
from segcore.paths import PROJECT
from segcore.text import own_sentences, translate
from segcore.train import TrainConfig
from segcore.train.primary_metric import CONVENTION

TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("segcore", "ui", "pages")
    for path in sorted((PROJECT / folder).rglob("*.py"))
}
CHINESE = own_sentences("zh")

# --- the catalogue ----------------------------------------------------------------------------------------------------


def error_classes() -> set[str]:
    """The names of SegcoreError and of all classes that derive from it."""
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"SegcoreError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call that makes an error or a message of a template, and where it is."""
    names = error_classes() | {"Message"}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in names and node.args:
                yield f"{path.relative_to(PROJECT)}:{node.lineno}", node


def literals(argument: ast.expr) -> list[str]:
    """The strings that an argument may be: one, or one of several."""
    match argument:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.BoolOp(values=parts):
            return [text for part in parts for text in literals(part)]
        case ast.IfExp(body=one, orelse=other):
            return literals(one) + literals(other)
    return []


TEMPLATES = {text: place for place, call in calls() for text in literals(call.args[0])}
FIXED = {
    *(field.description for field in (TrainConfig.model_fields | Augmentation.model_fields).values()),
    *(card.summary for card in (MODELS | CLASSIFIERS).values()),
    *(text for convention in CONVENTIONS for text in (convention.rule, convention.why)),
    *(card.by_hand for card in DATASETS.values()),
    *(card.layout.looks_for for card in DATASETS.values() if card.layout is not None),
    *(score.convention for published in published_checkpoints() for score in published.card.scores),
    *(method.answers for method in METHODS.values()),
    CONVENTION,
}
TABLES = {text for text in FIXED if text}
"""What messages are made of where it stands in a table, and fixed texts that pages show."""
TITLES = {each.title for each in (*CONVENTIONS, *DATASETS.values())}
"""Names of programs and datasets, many of which are the same in Chinese."""


def placeholders(template: str) -> set[tuple[str, str | None, str | None]]:
    """(name, format, conversion) of each."""
    return {(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template) if name is not None}


def test_every_text_has_a_translation() -> None:
    needed = TEMPLATES | dict.fromkeys(TABLES, "a table")
    words = {text for text in needed if re.search("[A-Za-z]{2}", re.sub(r"\{[^{}]*\}", "", text))}
    assert {text: needed[text] for text in words - CHINESE.keys()} == {}


def test_every_translation_is_of_a_text_in_the_code() -> None:
    assert CHINESE.keys() - TEMPLATES.keys() - TABLES - TITLES == set()


@pytest.mark.parametrize("english", CHINESE, ids=range(len(CHINESE)))
def test_a_translation_has_the_placeholders_of_its_template(english: str) -> None:
    assert placeholders(CHINESE[english]) == placeholders(english)


def test_no_message_is_made_of_a_formatted_text() -> None:
    """A formatted text has no translation; and a template needs a fact for each of its placeholders."""
    for place, call in calls():
        assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp), place
        given = {keyword.arg for keyword in call.keywords}
        for template in literals(call.args[0]) if given else ():
            assert {name for name, _, _ in placeholders(template)} <= given, place


# --- messages and errors ----------------------------------------------------------------------------------------------

ERROR = UnknownLabel(
    "{file} holds {values}, not {wanted!r}; {rate:.1f} {{}} {why}",
    file=Path("a {b}.png"),
    values=np.array([3, 4]),
    wanted="x",
    rate=np.float32(2.25),
    why=Message("none"),
    kinds=("car", "road"),
)


@pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_an_error_survives_a_copy_and_the_way_to_another_process(
    copied: Callable[[SegcoreError], SegcoreError],
) -> None:
    error = copied(ERROR)
    assert isinstance(error, UnknownLabel)
    assert str(error) == str(ERROR) == "a {b}.png holds 3, 4, not 'x'; 2.2 {} none"
    assert error.message.template == ERROR.message.template
    assert error.facts == ERROR.facts and isinstance(error.facts["why"], Message)


def test_facts_are_plain_values() -> None:
    assert json.loads(json.dumps(ERROR.facts)) == ERROR.facts
    assert ERROR.facts["values"] == [3, 4] and ERROR.facts["kinds"] == ["car", "road"]


def test_a_text_without_facts_is_taken_as_it_is() -> None:
    assert str(BadImage("a {b}.png")) == "a {b}.png"


def test_messages_within_a_message_are_translated_too() -> None:
    inner = Message("images without a mask: {names}", names=["a", "b"])
    text = joined([inner, "not known", Message("none")], "; ")
    assert text == "images without a mask: a, b; not known; none"
    assert translate("zh", text) == "没有掩码的图像：a, b; not known; 无"
    assert translate("en", text) is text


def test_an_error_of_another_one_keeps_its_message() -> None:
    error = BadConfig(ERROR.message, more=1)
    assert str(error) == str(ERROR) and error.facts == ERROR.facts | {"more": 1}
    outer = BadConfig("{error} These can be downloaded on first use: {known}.", error=BadImage("none"), known=["a"])
    assert translate("zh", outer.message) == "无以下检查点可在首次使用时下载：a。"


def test_replacing_a_name_leaves_the_template() -> None:
    message = ERROR.message.replaced("b}", "c}")
    assert message.startswith("a {c}.png holds") and message.template == ERROR.message.template


def test_a_message_comes_back_from_json() -> None:
    message = joined([ERROR.message, Message("none")])
    event = json.loads(json.dumps(reason_fields(message)))
    assert event["reason"] == str(message)
    read = read_reason(event)
    assert isinstance(read, Message) and read == message and translate("zh", read).endswith("无")


@pytest.mark.parametrize(
    "parts", [None, 3, {}, {"template": "a", "facts": {}, "b": 1}, {"template": "{a}", "facts": {"b": 1}}]
)
def test_a_file_without_the_parts_gives_its_english(parts: object) -> None:
    assert read_message("as it was", parts) == "as it was"
    assert read_reason({"reason": "as it was", "message": parts}) == "as it was"
