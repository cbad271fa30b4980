"""Errors that the user can fix, and the messages that describe them.

A wrong call inside our own code is a ``ValueError``; ``assert`` is for the impossible.

Every message has three parts: the value that was met, what was expected, and what to do. Its English template and its
facts are kept apart, so that `segcore.text.translate` can look the template up.
"""

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any


class Message(str):
    """An English text that remembers its template and its facts.

    The template has ``{placeholders}`` as in ``str.format``; without facts it is taken as it is. Facts are values of
    the placeholders, and whatever else programs need. They become plain JSON values, except that a message (or an
    error, which stands for its message) stays one and is translated with the text around it. A list is written with
    commas.
    """

    template: str
    facts: dict[str, Any]

    def __new__(cls, template: str, /, **facts: Any) -> "Message":
        """See the class."""
        plain = {name: _plain(value) for name, value in facts.items()}
        message = super().__new__(cls, _filled(template, plain, str))
        message.template, message.facts = str(template), plain
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """For pickle and copy."""
        return (self.template,), self.facts

    def translated(self, translate: Callable[[str], str], template: str) -> str:
        """The text by another template; messages among the facts become what ``translate`` returns."""
        return _filled(template, self.facts, translate)

    def replaced(self, old: str, new: str) -> "Message":
        """The same message, with ``old`` replaced by ``new`` in its facts."""
        return Message(self.template, **{name: _replaced(value, old, new) for name, value in self.facts.items()})

    def to_json(self) -> dict[str, Any]:
        """``template`` and ``facts`` as plain values; see `read_message`."""
        return {"template": self.template, "facts": _to_json(self.facts)}


def joined(texts: Iterable[str], separator: str = "\n") -> Message:
    """One message of several texts; those that are messages are translated each."""
    facts = {f"text{number}": text for number, text in enumerate(texts)}
    return Message(separator.join(f"{{{name}}}" for name in facts), **facts)


def read_message(text: str, parts: Any) -> str:
    """The message whose `Message.to_json` is ``parts``; ``text`` where there is none, as in files of older versions."""
    try:
        message = _from_json(parts)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):  # a file that was edited may hold anything
        return text
    return message if isinstance(message, Message) else text


def reason_fields(reason: str) -> dict[str, Any]:
    """The fields of an event for why something ended: ``reason`` in English; ``message``, its template and facts."""
    parts = {"message": reason.to_json()} if isinstance(reason, Message) else {}
    return {"reason": str(reason), **parts}


def read_reason(event: Mapping[str, Any]) -> str:
    """What `reason_fields` wrote; empty where an event has no reason."""
    return read_message(str(event.get("reason", "")), event.get("message"))


class SegcoreError(Exception):
    """Base of all errors that the user can fix.

    The template states what happened, what was expected, what to do; it may be the `Message` of another error. Facts
    are values of the template's placeholders, and more for programs: a page makes buttons of them.
    """

    def __init__(self, template: str = "", /, **facts: Any) -> None:
        self.message = template if isinstance(template, Message) else Message(template, **facts)
        super().__init__(self.message)
        self.facts = self.message.facts | {name: _plain(value) for name, value in facts.items()}


class BadImage(SegcoreError):
    """A photo or label map could not be read."""


class BadDataset(SegcoreError):
    """A dataset folder is incomplete or contradicts itself."""


class BadClasses(BadDataset):
    """Datasets that are to be used together disagree about their classes."""


class MissingData(BadDataset):
    """A folder or file of a dataset is not there, or no longer."""


class UnknownLabel(BadDataset):
    """A mask holds a value that is no class."""


class BadConfig(SegcoreError):
    """Options do not make sense; the text lists every problem found, one a line (see `joined`)."""


class BadCheckpoint(SegcoreError):
    """A checkpoint is missing, is no checkpoint, or does not fit the model."""


class BadRun(SegcoreError):
    """A run is missing, unreadable or not in the required state."""


class NotAvailable(SegcoreError):
    """Something outside the program is missing: a network, a device, a package."""


def _filled(template: str, facts: Mapping[str, Any], translate: Callable[[str], str]) -> str:
    if not facts:
        return template
    return template.format(**{name: _shown(value, translate) for name, value in facts.items()})


def _shown(value: Any, translate: Callable[[str], str]) -> Any:
    """A fact as it is put into a template."""
    if isinstance(value, list):
        return ", ".join(str(_shown(item, translate)) for item in value)
    return translate(value) if isinstance(value, Message) else value


def _plain(value: Any) -> Any:
    """A fact as a plain JSON value or a message."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, SegcoreError):
        return value.message
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    if isinstance(value, Real):  # NumPy's
        return int(value) if isinstance(value, Integral) else float(value)
    return str(value)


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Message):
        return value.replaced(old, new)
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    return value.replace(old, new) if isinstance(value, str) else value


def _to_json(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    return {name: _to_json(item) for name, item in value.items()} if isinstance(value, dict) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"template", "facts"}:
            return Message(value["template"], **{name: _from_json(item) for name, item in value["facts"].items()})
        return {name: _from_json(item) for name, item in value.items()}
    return value
