"""Fetch a dataset from its publisher, where that may be done without an account.

Addresses and MD5 sums are torchvision's (for CIFAR-10 the publisher's own page, because torchvision's is a pickle).
torchvision downloads without a word of progress, cannot be cancelled, and believes what it unpacks; so the bytes are
fetched here, a broken download goes on where it broke, a file with another sum is refused, and `archive` unpacks it.

MD5 is no protection against a forger; it is what the publishers give. https and the unpacker's checks remain.
"""

import hashlib
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from torchvision.datasets import OxfordIIITPet, SBDataset
from torchvision.datasets.voc import DATASET_YEAR_DICT

from segcore import paths
from segcore.data.archive import GaveUp, Limits, unpack
from segcore.data.registry import DATASETS
from segcore.errors import BadDataset, Message, NotAvailable
from segcore.job_context import JobContext

Say = Callable[[str, int, int | None], bool]
"""Called with "downloading", "checking" or "unpacking", the bytes done and the bytes there will be; True gives up."""

_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 30
_LIMITS = Limits(ratio=1000)  # the sum tells that it is the publisher's file; masks of one colour may shrink a lot


@dataclass(frozen=True)
class RemoteFile:
    """A file of a publisher.

    Attributes:
        url: of an archive. Archives of one dataset hold folders of different names.
        md5: its sum, hexadecimal.
    """

    url: str
    md5: str

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Download:
    """What is fetched for a dataset.

    Attributes:
        files: in this order.
        size_mb: of all together, packed, about.
    """

    files: tuple[RemoteFile, ...]
    size_mb: int


_VOC = DATASET_YEAR_DICT["2012"]

DOWNLOADS: Mapping[str, Download] = {
    "voc": Download((RemoteFile(_VOC["url"], _VOC["md5"]),), 2000),
    "sbd": Download((RemoteFile(SBDataset.url, SBDataset.md5),), 1420),
    "pets": Download(tuple(RemoteFile(url, md5) for url, md5 in OxfordIIITPet._RESOURCES), 810),
    "cifar10": Download(
        (RemoteFile("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),),
        170,
    ),
}
"""By name; all but cifar10, which has no masks, are in DATASETS too."""


def get_dataset(name: str, say: Say | None = None) -> Path:
    """Make sure that a dataset is on this computer.

    Args:
        name: in DOWNLOADS.
        say: told how far it is.

    Returns:
        Its folder, ``segcore.paths.data_dir() / name``.

    Raises:
        NotAvailable: no network, or the publisher wants an account; the sentence says what to do by hand.
        BadDataset: no such dataset, or a file is not the published one.
        GaveUp: ``say`` said so. What has arrived is kept, and the next attempt goes on from there.
    """
    if name not in DOWNLOADS:
        raise _cannot(name)
    say = say or (lambda _doing, _done, _total: False)
    target = paths.data_dir() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    arrived = [_fetch(file, name, say) for file in DOWNLOADS[name].files]
    with tempfile.TemporaryDirectory(dir=paths.data_dir(), prefix=f".{name}-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for number, path in enumerate(arrived):
            part = unpack(
                path,
                Path(scratch) / str(number),
                limits=_LIMITS,
                step=lambda done, total: say("unpacking", done, total),
            )
            for entry in part.iterdir():
                entry.rename(whole / entry.name)
        whole.rename(target)
    for path in arrived:
        path.unlink()
    return target


def _cannot(name: str) -> BadDataset | NotAvailable:
    card = DATASETS.get(name)
    if card is None or not (card.by_hand or card.homepage):
        return BadDataset(
            'Nothing is known of how to fetch "{name}". These can be fetched: {known}.',
            name=name,
            known=list(DOWNLOADS),
        )
    return NotAvailable(
        "{title} cannot be fetched from here. {by_hand}", title=card.title, by_hand=Message(card.by_hand)
    )


def _fetch(file: RemoteFile, name: str, say: Say) -> Path:
    """The file, in the folder of downloads, whole and with the right sum."""
    path = paths.downloads_dir() / file.name
    partial = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        _download(file, partial, path, say)
        if _md5(partial, say) != file.md5:
            partial.unlink()
            raise BadDataset(_another_file(file, name))
        partial.rename(path)
    elif _md5(path, say) != file.md5:  # put there by hand
        raise BadDataset("{problem} The file is {path}.", problem=_another_file(file, name), path=path)
    return path


def _another_file(file: RemoteFile, name: str) -> Message:
    return Message(
        "“{file}” is not the file that was published for {name}: its MD5 sum is not {md5}. Fetch it again, from "
        "another network if need be.",
        file=file.name,
        name=name,
        md5=file.md5,
    )


def _download(file: RemoteFile, partial: Path, path: Path, say: Say) -> None:
    """Fetch what of ``partial`` is not here yet."""
    done = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(file.url)  # noqa: S310 - the address comes from the table above, never from a user
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            goes_on = getattr(answer, "status", None) == 206
            done = done if goes_on else 0
            length = answer.headers.get("Content-Length")
            total = done + int(length) if length else None
            with partial.open("ab" if goes_on else "wb") as target:
                while chunk := answer.read(_CHUNK):
                    target.write(chunk)
                    done += len(chunk)
                    if say("downloading", done, total):
                        raise GaveUp
    except urllib.error.HTTPError as error:
        if error.code == 416 and partial.exists():  # nothing is left to send: it is whole already
            return
        raise NotAvailable(
            _no_network(
                file,
                path,
                Message("the server answered {code} {reason}", code=error.code, reason=error.reason),
            )
        ) from error
    except (OSError, HTTPException) as error:  # no network, a full disk, a server that talks nonsense
        reason = str(getattr(error, "reason", None) or error)
        raise NotAvailable(_no_network(file, path, reason)) from error
    if total is not None and done != total:
        raise NotAvailable(
            _no_network(file, path, Message("it broke off after {done:,} of {total:,} bytes", done=done, total=total))
        )


def _no_network(file: RemoteFile, path: Path, reason: str) -> Message:
    return Message(
        "“{file}” could not be fetched ({reason}). Connect to the internet and try again: it goes on where it "
        "stopped. Or fetch {url} elsewhere and put it at {path}.",
        file=file.name,
        reason=reason,
        url=file.url,
        path=path,
    )


def _md5(path: Path, say: Say) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    done, total = 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            done += len(chunk)
            if say("checking", done, total):
                raise GaveUp
    return digest.hexdigest()


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_get``, see segcore/jobs/table.py.

    Args:
        settings: ``name``, in DOWNLOADS.
        job: takes the progress in bytes. The dataset goes to ``segcore.paths.data_dir()``.

    Returns:
        ``name`` and ``folder``.

    Raises:
        SegcoreError: see ``get_dataset``.
    """
    name = str(settings["name"])

    def say(doing: str, done: int, total: int | None) -> bool:
        size = "" if total is None else f" / {total / 1e6:,.0f}"
        job.progress(done, total, doing=doing, detail=f"{done / 1e6:,.0f}{size} MB")
        return False

    return {"name": name, "folder": str(get_dataset(name, say))}
