"""Which mask belongs to which image, for every layout of images and masks in two folders.

Both folders may have the same subfolders. A file's key is its path in its folder without extension; an image and its
mask have one key, or the mask has one of the usual endings or beginnings more: ``a.jpg`` and ``a_mask.png``,
``x/a.jpg`` and ``x/mask_a.png``; an image may have its own, as in ``a_sat.jpg``. Nothing else is matched: ``1.png``
never belongs to ``10.jpg``. Hidden files (``.DS_Store``, ``._a.png``) and files of other kinds are skipped.
"""

import os
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from segcore.data.formats.split_folders import first_names
from segcore.data.image_files import PHOTO_SUFFIXES
from segcore.errors import BadDataset, Message, joined

IMAGE_SUFFIXES = frozenset(PHOTO_SUFFIXES)
_JUNK = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "thumbs.db", "desktop.ini"})
"""What operating systems leave behind, in lower case; hidden files and folders come on top."""

_MASK_WORDS = (
    r"masks?|gts?|labels?|labelids|labeltrainids|seg|segs|segmentations?|annotations?|annot|anno|ground[_ -]?truth|"
    r"manual\d?|1stho|2ndho|matte|l|p|gtfine_labelids|gtfine_labeltrainids"
)
_IMAGE_WORDS = r"images?|imgs?|im|photos?|rgb|sat|training|test|leftimg8bit"
_MASK = re.compile(rf"(?:(.+)[_ .-](?:{_MASK_WORDS})|(?:{_MASK_WORDS})[_ .-](.+))", re.IGNORECASE)
_IMAGE = re.compile(rf"(?:(.+)[_ .-](?:{_IMAGE_WORDS})|(?:{_IMAGE_WORDS})[_ .-](.+))", re.IGNORECASE)

Files = Mapping[str, list[Path]]
"""Key → the files that have it, sorted; more than one is an error."""


@dataclass(frozen=True)
class PairedFiles:
    """The files of two folders by key: an image and a mask of one key are a pair.

    ``skipped`` are files that were left out: hidden ones, and those that are no images.
    """

    images: Files
    masks: Files
    skipped: tuple[Path, ...] = ()

    @property
    def keys(self) -> list[str]:
        """The keys of all pairs, sorted."""
        return sorted(self.images.keys() & self.masks.keys())

    @property
    def maskless(self) -> list[Path]:
        """Images without a mask."""
        return [self.images[key][0] for key in sorted(self.images.keys() - self.masks.keys())]

    @property
    def imageless(self) -> list[Path]:
        """Masks without an image."""
        return [self.masks[key][0] for key in sorted(self.masks.keys() - self.images.keys())]

    @property
    def twins(self) -> list[list[Path]]:
        """Files that have one key, such as ``a.jpg`` and ``a.png``."""
        return [same for files in (self.images, self.masks) for same in files.values() if len(same) > 1]


@dataclass
class _Listing:
    files: dict[str, list[Path]] = field(default_factory=dict)
    skipped: list[Path] = field(default_factory=list)


def pair_files(
    images: Path,
    masks: Path,
    image_suffixes: Collection[str] = IMAGE_SUFFIXES,
    mask_suffixes: Collection[str] = IMAGE_SUFFIXES,
) -> PairedFiles:
    """The files of a folder of images and one of masks, also in subfolders; {} where a folder does not exist."""
    left, right = _listing(images, image_suffixes), _listing(masks, mask_suffixes)
    matched = {key: list(files) for key, files in right.files.items() if key in left.files}
    others = {key: _bare(key, _MASK) for key in right.files if key not in left.files}
    free = {key for key in left.files if key not in matched}
    shorter = _unique((_bare(key, _IMAGE), key) for key in free) if others else {}
    for key, bare in others.items():
        target = bare if bare in free else shorter.get(key) or shorter.get(bare or "") or key
        matched.setdefault(target or key, []).extend(right.files[key])
    return PairedFiles(left.files, matched, (*left.skipped, *right.skipped))


def is_junk(name: str) -> bool:
    """Whether a file or folder is hidden, or left behind by an operating system."""
    return name.startswith(".") or name.lower() in _JUNK


def files_by_key(folder: Path, suffixes: Collection[str] = IMAGE_SUFFIXES) -> Files:
    """The files of a folder and its subfolders by key; {} where there is no folder."""
    return _listing(folder, suffixes).files


def first_file(folder: Path, suffixes: Collection[str]) -> Path | None:
    """A file with one of the suffixes in a folder or its subfolders, or None."""
    return next((folder / inner / name for inner, name in _walk(folder) if _is_read(name, suffixes)), None)


def require_pairs(found: PairedFiles, root: Path, *, names: Sequence[str] | None = None) -> list[str]:
    """The keys of the pairs, or of the listed ``names``, after a check of all files.

    Raises:
        BadDataset: two files of one key, images without a mask, masks without an image, or no pair at all.
    """
    for same in found.twins:
        raise BadDataset(
            "{folder} holds {names}, which have the same name. Keep one of them.",
            folder=same[0].parent,
            names=" and ".join(path.name for path in same),
        )
    wanted = None if names is None else set(names)
    maskless = [
        str(path.name)
        for key, (path, *_) in sorted(found.images.items())
        if key not in found.masks and (wanted is None or key in wanted)
    ]
    imageless = [path.name for path in found.imageless]
    if found.images and found.masks and not found.keys:
        raise BadDataset(
            "In {folder} no mask belongs to an image: there are {image_count} images, such as {images}, and "
            "{mask_count} masks, such as {masks}. A mask has its image's name, perhaps with _mask, _gt or _label "
            "behind it.",
            folder=root,
            image_count=len(found.images),
            images=first_names(maskless, 3),
            mask_count=len(found.masks),
            masks=first_names(imageless, 3),
        )
    if maskless or imageless:
        missing = [Message("images without a mask: {names}", names=first_names(maskless))] if maskless else []
        missing += [Message("masks without an image: {names}", names=first_names(imageless))] if imageless else []
        raise BadDataset(
            "In {folder} there are {problems}. A mask has its image's name, perhaps with _mask, _gt or _label behind "
            "it. Add what is missing or move the rest elsewhere.",
            folder=root,
            problems=joined(missing, "; "),
        )
    return found.keys if names is None else list(names)


def pairs_of(found: PairedFiles, names: Sequence[str] | None = None) -> list[str]:
    """The keys of the pairs, of the listed ``names`` where given, without a check."""
    return found.keys if names is None else [name for name in names if name in found.images and name in found.masks]


def _listing(folder: Path, suffixes: Collection[str]) -> _Listing:
    listing = _Listing()
    for inner, name in _walk(folder):
        path = folder / inner / name
        if _is_read(name, suffixes):
            listing.files.setdefault(key_of(os.path.join(inner, name)), []).append(path)  # noqa: PTH118 - 100k names
        else:
            listing.skipped.append(path)
    return listing


def key_of(path: str) -> str:
    """The key of a path relative to its folder; macOS decomposes accents in names, other systems do not."""
    return unicodedata.normalize("NFC", os.path.splitext(path)[0].replace(os.sep, "/"))  # noqa: PTH122 - 100k names


def _walk(folder: Path) -> Iterator[tuple[str, str]]:
    """(subfolder or "", name) of all files of a folder, sorted, without those in folders of operating systems."""
    known: set[str] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        known.add(os.path.realpath(place))
        folders[:] = [
            name
            for name in sorted(folders)
            if not is_junk(name) and os.path.realpath(os.path.join(place, name)) not in known  # noqa: PTH118 - a link back would never end
        ]
        inner = os.path.relpath(place, folder)
        for name in sorted(names):
            yield ("" if inner == "." else inner), name


def _is_read(name: str, suffixes: Collection[str]) -> bool:
    return os.path.splitext(name)[1].lower() in suffixes and not name.startswith(".")  # noqa: PTH122 - 100k names


def _bare(key: str, words: re.Pattern[str]) -> str | None:
    """A key without an ending or beginning of these words; None where it has none."""
    folder, slash, name = key.rpartition("/")
    match = words.fullmatch(name)
    return f"{folder}{slash}{match[1] or match[2]}" if match else None


def _unique(pairs: Iterator[tuple[str | None, str]]) -> dict[str, str]:
    """Short key → key, where only one key has it."""
    found: dict[str, str | None] = {}
    for short, key in pairs:
        if short is not None:
            found[short] = None if short in found else key
    return {short: key for short, key in found.items() if key is not None}
