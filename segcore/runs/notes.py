"""What people say about a run: a note, tags, a star, and whether it is put away.

    <run>/notes.json     {"text": "with Dice", "tags": ["baseline"], "star": true, "archived": false}

The training never looks at this file, so it may change while the run lives. It is written whole: of two people who
write at once the later one wins, and neither leaves a broken file. Who changes one thing keeps the others as they
stand in the file at that moment.
"""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from segcore.durable import write_whole
from segcore.errors import BadConfig, BadRun
from segcore.runs.store import Run

MOST_LETTERS = 4000
"""Of a note."""
MOST_TAGS = 12
MOST_TAG_LETTERS = 32

_MOST_BYTES = 64 * 1024
"""A larger file is none of ours."""


@dataclass(frozen=True)
class Notes:
    """What is said about one run. Texts are what people typed: neither Markdown nor HTML.

    Attributes:
        text: a note of any lines.
        tags: short words to find runs by, each once, in the order in which they were given.
        star: whether somebody marked it as one to come back to.
        archived: whether it is put away: kept in full, left out of lists unless they ask for it.
    """

    text: str = ""
    tags: tuple[str, ...] = ()
    star: bool = False
    archived: bool = False


def notes_path(run: Run) -> Path:
    """Where the notes of a run lie; missing until somebody has said something."""
    return run.path / "notes.json"


def read_notes(run: Run) -> Notes:
    """What is said about a run. Whatever in the file is no note of ours counts as not said."""
    try:
        with notes_path(run).open("rb") as file:
            found = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return Notes()
    return _as_notes(found) if isinstance(found, dict) else Notes()


def change_notes(run: Run, **changes: Any) -> Notes:
    """Say something else about a run.

    Args:
        run: in whatever state.
        changes: ``text``, ``tags``, ``star`` or ``archived``; what is not named stays.

    Returns:
        All that is said about the run now.

    Raises:
        BadConfig: the note or a tag is too long, or there are too many tags.
        BadRun: the run was deleted, or its folder cannot be written.
    """
    notes = replace(read_notes(run), **changes)
    notes = replace(notes, text=clean_text(notes.text), tags=clean_tags(notes.tags))
    if not (run.path / "spec.json").exists():  # writing would bring the folder of a deleted run back
        raise BadRun("Run {name} was deleted meanwhile, so nothing can be noted about it.", name=run.name)
    try:
        write_whole(notes_path(run), (json.dumps(asdict(notes), indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise BadRun("The notes of run {name} cannot be written: {error}.", name=run.name, error=error) from None
    return notes


def clean_text(text: str) -> str:
    """A note without invisible control characters and without empty space at its ends.

    Raises:
        BadConfig: it is longer than MOST_LETTERS.
    """
    clean = "".join(letter for letter in _normal(text) if letter in "\n\t" or not _is_control(letter)).strip()
    if len(clean) > MOST_LETTERS:
        raise BadConfig(
            "The note has {count} letters, at most {most} are kept. Shorten it.", count=len(clean), most=MOST_LETTERS
        )
    return clean


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags on one line each, without commas, each once whatever its capitals.

    Raises:
        BadConfig: one is longer than MOST_TAG_LETTERS, or there are more than MOST_TAGS.
    """
    kept: dict[str, str] = {}
    for tag in tags:
        letters = (" " if letter == "," or letter.isspace() else letter for letter in _normal(tag))
        clean = " ".join("".join(letter for letter in letters if not _is_control(letter)).split())
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


def _normal(text: str) -> str:
    """One form for what looks alike; halves of characters, which no file can hold, become question marks."""
    whole = text.replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", whole)


def _is_control(letter: str) -> bool:
    """Invisible, or able to turn the direction of the text around it."""
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter not in _JOINERS


_JOINERS = "\u200c\u200d"
"""Invisible too, but parts of words in Persian and of many emoji."""


def _as_notes(found: dict[str, Any]) -> Notes:
    """The parts of an edited file that are notes; the rest as if not said."""
    text, tags = found.get("text"), found.get("tags")
    try:
        kept = clean_tags(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
    except BadConfig:
        kept = ()
    try:
        said = clean_text(text) if isinstance(text, str) else ""
    except BadConfig:
        said = ""
    return Notes(said, kept, found.get("star") is True, found.get("archived") is True)
