"""Downloading datasets whose publisher requires no account.

Addresses and MD5 sums are torchvision's (for CIFAR-10 the publisher's own page, because torchvision's is a pickle).
Unlike its downloads, these report progress, resume, and are unpacked with the checks of `segcore.data.archive`.
MD5 does not protect against forgery, but publishers provide nothing better; https and these checks do.
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
from segcore.data.archive import unpack
from segcore.data.archive_members import Limits
from segcore.data.registry import DATASETS
from segcore.errors import BadDataset, Message, NotAvailable
from segcore.job_context import JobContext

Progress = Callable[[str, int, int | None], object]
"""Called with "downloading", "checking" or "unpacking", the bytes done and the total; an exception it raises stops."""

_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 30
_LIMITS = Limits(ratio=1000)  # the checksum identifies the publisher's file; masks may shrink a lot


@dataclass(frozen=True)
class RemoteFile:
    """A published archive and its MD5 sum. The archives of one dataset contain folders of different names."""

    url: str
    md5: str

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Download:
    """The files of a dataset in the order of download, and the approximate size of all, packed."""

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
"""By name; all but cifar10, which has no masks, are also in DATASETS."""


def get_dataset(name: str, progress: Progress | None = None) -> Path:
    """The folder of a dataset in DOWNLOADS, which is downloaded if it is not on this computer.

    ``progress`` receives the bytes of each stage. If it raises, the downloaded part is kept for the next attempt.

    Raises:
        NotAvailable: no network, or the publisher requires an account; the text describes how to get it by hand.
        BadDataset: no such dataset, or a file is not the published one.
    """
    if name not in DOWNLOADS:
        raise _cannot(name)
    report = progress or (lambda _doing, _done, _total: None)
    target = paths.data_dir() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    archives = [_fetch(file, name, report) for file in DOWNLOADS[name].files]
    with tempfile.TemporaryDirectory(dir=paths.data_dir(), prefix=f".{name}-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for number, path in enumerate(archives):
            part = unpack(
                path,
                Path(scratch) / str(number),
                limits=_LIMITS,
                progress=lambda done, total: report("unpacking", done, total),
            )
            for entry in part.iterdir():
                entry.rename(whole / entry.name)
        whole.rename(target)
    for path in archives:
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


def _fetch(file: RemoteFile, name: str, report: Progress) -> Path:
    """The complete file in the folder of downloads, with the right checksum."""
    path = paths.downloads_dir() / file.name
    partial = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        _download(file, partial, path, report)
        if _md5(partial, report) != file.md5:
            partial.unlink()
            raise BadDataset(_another_file(file, name))
        partial.rename(path)
    elif _md5(path, report) != file.md5:  # a file put there by hand
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


def _download(file: RemoteFile, partial: Path, path: Path, report: Progress) -> None:
    """Download the missing part of ``partial``."""
    done = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(file.url)  # noqa: S310 - the address comes from the table above, never from a user
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            resumes = getattr(answer, "status", None) == 206
            done = done if resumes else 0
            length = answer.headers.get("Content-Length")
            total = done + int(length) if length else None
            with partial.open("ab" if resumes else "wb") as target:
                while chunk := answer.read(_CHUNK):
                    target.write(chunk)
                    done += len(chunk)
                    report("downloading", done, total)
    except urllib.error.HTTPError as error:
        if error.code == 416 and partial.exists():  # there is no more to send: the file is complete
            return
        reason = Message("the server answered {code} {reason}", code=error.code, reason=error.reason)
        raise _no_network(file, path, reason) from error
    except (OSError, HTTPException) as error:  # no network, a full disk, an invalid answer
        raise _no_network(file, path, str(getattr(error, "reason", None) or error)) from error
    if total is not None and done != total:
        reason = Message("it broke off after {done:,} of {total:,} bytes", done=done, total=total)
        raise _no_network(file, path, reason)


def _no_network(file: RemoteFile, path: Path, reason: str) -> NotAvailable:
    return NotAvailable(
        "“{file}” could not be fetched ({reason}). Connect to the internet and try again: the download "
        "resumes. Or fetch {url} elsewhere and put it at {path}.",
        file=file.name,
        reason=reason,
        url=file.url,
        path=path,
    )


def _md5(path: Path, report: Progress) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    done, total = 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            done += len(chunk)
            report("checking", done, total)
    return digest.hexdigest()


def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """The function of the job ``dataset_get``. It takes ``name``, in DOWNLOADS; it returns ``name`` and ``folder``."""
    name = str(settings["name"])

    def progress(doing: str, done: int, total: int | None) -> None:
        size = "" if total is None else f" / {total / 1e6:,.0f}"
        job.progress(done, total, doing=doing, detail=f"{done / 1e6:,.0f}{size} MB")

    return {"name": name, "folder": str(get_dataset(name, progress))}
