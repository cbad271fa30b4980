"""The user's notes on a run: a name, a text, tags, a star, and whether it is archived.

    <run>/notes.json     {"name": "leaves, Dice", "text": "…", "tags": ["baseline"], "star": true, "archived": false}

The name is for people and shown everywhere instead of the folder's, which stays the identity of the run.

The file is written atomically: of two concurrent writes the later one wins.
"""

import json
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from segcore.durable import write_whole
from segcore.errors import BadConfig, BadRun
from segcore.runs.names import readable
from segcore.runs.store import Run

MOST_LETTERS = 4000
"""Of a note."""
MOST_TAGS = 12
MOST_TAG_LETTERS = 32
MOST_NAME_LETTERS = 80

_MOST_BYTES = 64 * 1024
"""A larger file was not written here."""


@dataclass(frozen=True)
class Notes:
    """Plain text, neither Markdown nor HTML, and tags, each once. Lists hide archived runs by default.

    ``name`` is empty for a run that was not renamed; see `shown_name`.
    """

    text: str = ""
    tags: tuple[str, ...] = ()
    star: bool = False
    archived: bool = False
    name: str = ""


def notes_path(run: Run) -> Path:
    """The file with the notes of a run; missing until there are any."""
    return run.path / "notes.json"


def read_notes(run: Run) -> Notes:
    """The notes on a run. Invalid content of the file is ignored."""
    try:
        with notes_path(run).open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return Notes()
    return _as_notes(found) if isinstance(found, dict) else Notes()


def shown_name(run: Run, notes: Notes | None = None) -> str:
    """The name of a run for people: the one that the user gave it, else that of its folder. Not unique."""
    return (read_notes(run) if notes is None else notes).name or readable(run.name)


def change_notes(run: Run, **changes: Any) -> Notes:
    """Change ``name``, ``text``, ``tags``, ``star`` or ``archived`` of the notes on a run; returns all of them.

    Raises:
        BadConfig: the name, the note or a tag is too long, or there are too many tags.
        BadRun: the run was deleted, or its folder cannot be written.
    """
    notes = replace(read_notes(run), **changes)
    name = "" if clean_name(notes.name) == readable(run.name) else clean_name(notes.name)
    notes = replace(notes, name=name, text=clean_text(notes.text), tags=clean_tags(notes.tags))
    if not (run.path / "spec.json").exists():  # writing would recreate the folder of a deleted run
        raise BadRun("Run {name} was deleted meanwhile, so nothing can be noted about it.", name=run.name)
    try:
        write_whole(notes_path(run), (json.dumps(asdict(notes), indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise BadRun("The notes of run {name} cannot be written: {error}.", name=run.name, error=error) from None
    return notes


def clean_text(text: str) -> str:
    """A note without invisible control characters and without white space at its ends.

    Raises:
        BadConfig: it is longer than MOST_LETTERS.
    """
    clean = "".join(letter for letter in _normal(text) if letter in "\n\t" or not _is_control(letter)).strip()
    if len(clean) > MOST_LETTERS:
        raise BadConfig(
            "The note has {count} letters, at most {most} are kept. Shorten it.", count=len(clean), most=MOST_LETTERS
        )
    return clean


def clean_name(name: str) -> str:
    """A name on one line, without invisible control characters.

    Raises:
        BadConfig: it is longer than MOST_NAME_LETTERS.
    """
    clean = _one_line(name)
    if len(clean) > MOST_NAME_LETTERS:
        raise BadConfig(
            "The name has {count} letters, at most {most} fit. Shorten it.", count=len(clean), most=MOST_NAME_LETTERS
        )
    return clean


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags without line breaks and commas, each once regardless of case.

    Raises:
        BadConfig: one is longer than MOST_TAG_LETTERS, or there are more than MOST_TAGS.
    """
    kept: dict[str, str] = {}
    for tag in tags:
        clean = _one_line(tag.replace(",", " "))
        if len(clean) > MOST_TAG_LETTERS:
            raise BadConfig(
                'The tag "{tag}" has {count} letters, at most {most} fit. Shorten it.',
                tag=clean,
                count=len(clean),
                most=MOST_TAG_LETTERS,
            )
        if clean:
            kept.setdefault(clean.casefold(), clean)
    if len(kept) > MOST_TAGS:
        raise BadConfig(
            "{count} tags are too many for one run: at most {most}. Take some away.", count=len(kept), most=MOST_TAGS
        )
    return tuple(kept.values())


def _one_line(text: str) -> str:
    letters = (" " if letter.isspace() else letter for letter in _normal(text))
    return " ".join("".join(letter for letter in letters if not _is_control(letter)).split())


def _normal(text: str) -> str:
    """Unicode normal form; lone surrogates, which no file can hold, become question marks."""
    whole = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", whole)


def _is_control(letter: str) -> bool:
    """Invisible, or able to change the direction of the text around it."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter not in _JOINERS


_JOINERS = "\u200c\u200d"
"""Invisible too, but parts of words in Persian and of many emoji."""


def _as_notes(found: dict[str, Any]) -> Notes:
    """The valid parts of a file; the rest is ignored."""
    notes = Notes(star=found.get("star") is True, archived=found.get("archived") is True)
    name, text, tags = found.get("name"), found.get("text"), found.get("tags")
    with suppress(BadConfig):
        notes = replace(notes, name=clean_name(name) if isinstance(name, str) else "")
    with suppress(BadConfig):
        notes = replace(notes, text=clean_text(text) if isinstance(text, str) else "")
    with suppress(BadConfig):
        tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        notes = replace(notes, tags=clean_tags(tags))
    return notes
