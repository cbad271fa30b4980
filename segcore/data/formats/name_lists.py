"""Text files that list names, one a line: the splits of many datasets."""

import codecs
import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

from segcore.data.formats.pairing import IMAGE_SUFFIXES, key_of
from segcore.data.splits import REPEATING_SPLITS, SPLITS, by_split, canonical
from segcore.errors import BadDataset

_ENCODINGS = ("utf-8-sig", "gb18030", "cp1252", "latin-1")
"""Encodings to try: that of the names which exist counts; the first one where that does not decide."""
_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def list_files(folder: Path) -> dict[str, Path]:
    """Split → its list, of the text files of a folder that are named after a split, such as ``Valid.txt``."""
    if not folder.is_dir():
        return {}
    files = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".txt" and path.is_file()}
    return by_split({stem: path for stem, path in files.items() if _is_split(stem)})


def _is_split(stem: str) -> bool:
    return not stem.startswith(".") and canonical(stem) in (*SPLITS, *REPEATING_SPLITS)


def read_lines(path: Path, known: Collection[str] = ()) -> list[str]:
    """The lines of a text file, without blanks around them and without empty ones, in whatever encoding it has.

    UTF-8 and UTF-16 with or without a byte order mark, GB 18030, Windows-1252 and Latin-1 are tried; where several
    would do, the one that gives the most of the ``known`` names.

    Raises:
        BadDataset: the file cannot be read, or is no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadDataset(
            "{path} cannot be read: {error}. Get the file again.", path=path, error=error.strerror or error
        ) from error
    texts: list[str] = []
    for encoding in ("utf-16",) if content.startswith(_BYTE_ORDER_MARKS) else _ENCODINGS:
        try:
            texts.append(content.decode(encoding))
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8-sig":
            break  # other encodings hardly ever are valid UTF-8
    if not texts or any("\0" in text for text in texts):
        raise BadDataset(
            "{path} is no list of names: it holds zero bytes. Save it as plain text in UTF-8, one name a line.",
            path=path,
        )
    every = [[line.strip() for line in re.split(r"\r\n|\n|\r", text) if line.strip()] for text in texts]
    names = set(known)
    return max(every, key=lambda lines: sum(_name_in(line, names) is not None for line in lines))


def read_name_list(path: Path, known: Iterable[str] = ()) -> list[str]:
    """The keys (see pairing.py) that a split list names, each once, of those ``known``.

    A line is a name with or without folders and extension; of what follows a blank, as in "2007_000032 1", the line is
    freed only where it is no name as a whole. Lines that begin with # are comments. A name that is not known is
    returned as it stands.

    Raises:
        BadDataset: the file is no text.
    """
    names = set(known)
    found = []
    for line in read_lines(path, names):
        name = _name_in(line, names)
        if name is not None or not line.startswith("#"):
            found.append(name or _likely_name(line))
    return list(dict.fromkeys(found))


def _name_in(line: str, names: Collection[str]) -> str | None:
    """The known name in a line; None where there is none."""
    return next((each for each in _candidates(line) if each in names), None)


def _candidates(line: str) -> list[str]:
    """What a line may name, the most literal first."""
    return [each for text in (line, line.split(maxsplit=1)[0]) for each in _names_of(text)]


def _names_of(text: str) -> list[str]:
    """A path and what follows each of its folders, with and without the extension of an image."""
    parts = unicodedata.normalize("NFC", text).replace("\\", "/").split("/")
    found = []
    for begin in range(len(parts)):
        name = "/".join(parts[begin:])
        found += [name, key_of(name)] if Path(name).suffix.lower() in IMAGE_SUFFIXES else [name]
    return found


def _likely_name(line: str) -> str:
    """The name in a line that names nothing known: all of it but numbers behind it."""
    return _names_of(re.sub(r"(?:\s+-?\d+)+$", "", line) or line)[-1]
