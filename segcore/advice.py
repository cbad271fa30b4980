"""Advice: what was found, why it matters and what to do about it, in one shape for the whole product.

The first part of a rule's name is its source: doctor (problems of a dataset), preflight (of a training before it runs),
coach (the curves of a run) or failure (how a run failed). Advice holds facts, not sentences: the texts of a rule are
``advice.<rule>.what``, ``.why`` and ``.do`` in locale/<language>.json.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from segcore.errors import Message, read_message
from segcore.text import DEFAULT, texts, translate, translator

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: it fails or leads nowhere as it is; warning: it costs quality or time; note: good to know."""

Part = Literal["what", "why", "do"]
PARTS: tuple[Part, ...] = ("what", "why", "do")

RemedyKind = Literal["set", "clone", "extend", "resume", "edit", "check_data"]
UNKNOWN = "—"
MOST_NAMED = 10
"""Maximum number of names that a text lists."""


@dataclass(frozen=True)
class Remedy:
    """Something that can be done, as data for a button or a command.

    Attributes:
        kind: "set" changes settings in the form; "clone" starts a new run with the changes; "extend" resumes the run
            for ``changes["epochs"]`` more epochs; "resume" resumes it with the changes; "edit" opens the Train page
            with them; "check_data" checks the dataset ``changes["data"]``.
        changes: settings and their new values; see `applied`.
        label: key of the button's text, ``remedy.label.<label>``; "" for the one of the kind.
    """

    kind: RemedyKind
    changes: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Advice:
    """One finding of a rule.

    Attributes:
        rule: "<source>.<name>", such as "coach.overfitting".
        severity: one of SEVERITIES.
        facts: values for the placeholders of the rule's texts; None is an unknown one. Where given, the message
            ``stated`` (of an error) replaces the text "what", and ``files``, ``count`` and ``details`` list what is
            affected.
        remedies: the most promising first.
        lesson: name of the lesson that explains it, or "".
    """

    rule: str
    severity: Severity
    facts: Mapping[str, Any] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    lesson: str = ""

    @property
    def name(self) -> str:
        """The rule without its source."""
        return self.rule.partition(".")[2]

    def wording(self, part: Part, language: str = DEFAULT, clean: Callable[[str], str] = str) -> str:
        """One part of the text; "" where the rule has no such part.

        ``clean`` makes a fact that is text safe for the place where it is drawn, such as Markdown.
        """
        if part == "what" and self.facts.get("stated"):
            return clean(translate(language, self.facts["stated"]))
        source, name = self.rule.split(".")
        if f"advice.{self.rule}.{part}" not in texts(DEFAULT):
            return ""
        facts = {key: _shown(value, language, clean) for key, value in self.facts.items() if key not in _LISTS}
        t = translator(language)
        return t(f"advice.{source}.{name}.{part}", **facts)

    def message(self, part: Part) -> Message:
        """One part of the text in English as a message, which is translated with the text around it."""
        template = texts(DEFAULT).get(f"advice.{self.rule}.{part}", "")
        return Message(template, **{key: _shown(value, DEFAULT, str) for key, value in self.facts.items()})

    def paragraph(self, language: str) -> str:
        """All parts of the text, one after the other."""
        return " ".join(filter(None, (self.wording(part, language) for part in PARTS)))

    def to_json(self) -> dict[str, Any]:
        """Plain values; see `from_json`."""
        return {**asdict(replace(self, facts={})), "facts": Message("", **self.facts).to_json()["facts"]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Advice":
        """The advice whose `to_json` is among these values."""
        facts = read_message("", {"template": "", "facts": values["facts"]})  # messages among them, too
        assert isinstance(facts, Message), "a report was edited by hand"
        remedies = tuple(Remedy(**remedy) for remedy in values["remedies"])
        return cls(values["rule"], values["severity"], facts.facts, remedies, values.get("lesson", ""))


_LISTS = ("files", "details", "stated")


def _shown(value: Any, language: str, clean: Callable[[str], str]) -> Any:
    """A fact as it is put into a text; numbers stay numbers, for format specifications."""
    if value is None:
        return UNKNOWN
    if isinstance(value, list | tuple):
        return clean(listed(map(str, value)))
    if isinstance(value, Message):
        return clean(translate(language, value))
    return clean(value) if isinstance(value, str) else value


def by_severity(found: Iterable[Advice]) -> list[Advice]:
    """Errors first."""
    return sorted(found, key=lambda advice: SEVERITIES.index(advice.severity))


def listed(names: Iterable[str], most: int = MOST_NAMED) -> str:
    """Names as one text: a, b, + 3."""
    names = list(names)
    more = [f"+ {len(names) - most}"] if len(names) > most else []
    return ", ".join([*names[:most], *more])


def applied(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the changes of a remedy.

    A mapping changes only the keys that it names (``{"augmentation": {"flip": 0.5}}``); an empty one removes all, as
    options of one loss mean nothing to another.
    """
    changed = dict(settings)
    for name, value in changes.items():
        before = changed.get(name)
        changed[name] = {**before, **value} if value and isinstance(value, Mapping) and before else value
    return changed


def rounded(rate: float) -> float:
    """A learning rate as one would type it, with two significant digits."""
    return float(f"{rate:.2g}")


def half_batch(batch_size: int, accumulate: int) -> dict[str, int]:
    """The changes that at least halve the memory of a step and keep its effective batch: a batch of 6 becomes 2 x 3."""
    effective = batch_size * accumulate
    size = next(size for size in range(max(1, batch_size // 2), 0, -1) if effective % size == 0)
    return {"batch_size": size, "accumulate": effective // size}


def shell_command(remedy: Remedy, run: str = "") -> str:
    """The command that carries out a remedy of this run; of "set" only the options, which belong to ``train``."""
    program = ["python", "-m", "segcore"]
    changes = ["--set", *set_words(remedy.changes)] if remedy.changes else []
    match remedy.kind:
        case "set":
            return shlex.join(changes)
        case "extend":
            return shlex.join([*program, "runs", "extend", run, str(remedy.changes["epochs"])])
        case "check_data":
            return shlex.join([*program, "data", "check", remedy.changes["data"]])
        case "resume":
            accepted = ["--accept-changed-data"] if remedy.label == "changed_data" else []
            return shlex.join([*program, "runs", "resume", run, *accepted, *changes])
    return shlex.join([*program, "runs", "clone", run, *changes])


def set_words(changes: Mapping[str, Any], outer: str = "") -> Iterator[str]:
    """Settings as the words of ``--set``: name=value or name.inner=value."""
    for key, value in changes.items():
        if value and isinstance(value, Mapping) and all(re.fullmatch(r"\w+", inner) for inner in value):
            yield from set_words(value, f"{outer}{key}.")
        else:  # a key with dots would be split
            yield f"{outer}{key}={_typed(value)}"


def _typed(value: Any) -> str:
    """As ``--set`` reads it: JSON, or the text itself if that is no JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, ensure_ascii=False)
