"""Downloading the checkpoints that torchvision publishes: verified, and converted to ours.

torchvision publishes pickles. This is the only place that opens one, only after checking that its SHA-256 starts with
the eight digits in the file's name (from torchvision's source), and with ``weights_only=True``, which accepts nothing
but tensors. The result is saved as a checkpoint of ours, so this happens once per computer.
"""

import re
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError  # the name of an error; nothing is unpickled with it

import torch
from torch import Tensor

from segcore import paths
from segcore.checkpoint.library import CheckpointRef, file_sha256, find_checkpoint
from segcore.checkpoint.published import PublishedCheckpoint, published_checkpoints
from segcore.checkpoint.torchvision_nets import NETS, build_torchvision
from segcore.checkpoint.weights_file import save_checkpoint
from segcore.errors import BadCheckpoint, Message, NotAvailable

Progress = Callable[[int, int | None], None]
"""Called with the bytes received and the total (None: unknown)."""

_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 20
_one_at_a_time = threading.Lock()


def fetch_published(published: PublishedCheckpoint | str, progress: Progress | None = None) -> CheckpointRef:
    """Return a published checkpoint, given itself or by name, downloaded if necessary.

    Raises:
        NotAvailable: no connection, or it failed; the text states where to put the file by hand.
        BadCheckpoint: an unknown name, or the file is not the one that torchvision describes.
    """
    if isinstance(published, str):
        known = {each.card.name: each for each in published_checkpoints()}
        if published not in known:
            raise BadCheckpoint(
                "There is no published checkpoint “{name}”. Known: {known}.", name=published, known=list(known)
            )
        published = known[published]
    with _one_at_a_time:  # a second request waits for the first one's download and then finds the file
        if not published.fetched:
            _fetch(published, progress or (lambda _done, _total: None))
    return CheckpointRef.of(published.path)


def find_or_fetch_checkpoint(name_or_path: str | Path, progress: Progress | None = None) -> CheckpointRef:
    """Return the checkpoint of this name or path; download it if only its publisher has it."""
    try:
        return find_checkpoint(name_or_path)
    except BadCheckpoint as error:
        if str(name_or_path) not in NETS:
            raise BadCheckpoint(
                "{error} These can be downloaded on first use: {known}.", error=error, known=list(NETS)
            ) from error
        return fetch_published(str(name_or_path), progress)


def _fetch(published: PublishedCheckpoint, progress: Progress) -> None:
    folder = paths.downloads_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = by_hand = folder / published.url.rsplit("/", 1)[-1]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".arriving-") as scratch:
        if not by_hand.is_file():
            path = Path(scratch) / by_hand.name
            _download(published, path, by_hand, progress)
        _check_hash(path)
        _convert(path, published)


def _download(published: PublishedCheckpoint, target: Path, by_hand: Path, progress: Progress) -> None:
    advice = Message(
        "Connect to the internet and try again, or fetch {url} elsewhere and put it at {path}.",
        url=published.url,
        path=by_hand,
    )
    title = published.card.title
    done = 0
    try:
        # The address comes from torchvision's own table, never from a user.
        with urllib.request.urlopen(published.url, timeout=_TIMEOUT_SECONDS) as answer, target.open("wb") as file:  # noqa: S310
            length = answer.headers.get("Content-Length")
            total = int(length) if length else None
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                progress(done, total)
    except (OSError, HTTPException) as error:  # no network, a full disk, an invalid response
        reason = getattr(error, "reason", None) or error
        raise NotAvailable(
            "“{title}” is not on this computer and could not be fetched ({reason}). {advice}",
            title=title,
            reason=reason,
            advice=advice,
        ) from error
    if total is not None and done != total:  # urllib reports a connection closed early as end of file
        raise NotAvailable(
            "The download of “{title}” broke off after {done} of {total} bytes. {advice}",
            title=title,
            done=done,
            total=total,
            advice=advice,
        )


def _check_hash(path: Path) -> None:
    match = re.search(r"-([0-9a-f]{8,64})\.\w+$", path.name)
    if match is None:
        raise ValueError(f"a published file's name must end in its hash, not {path.name!r}")
    digest = file_sha256(CheckpointRef.of(path))
    if not digest.startswith(match[1]):
        raise BadCheckpoint(
            "“{name}” is not the file that torchvision published: its SHA-256 starts with {found}, not with "
            "{expected}. Delete it and fetch it again, from another network if need be.",
            name=path.name,
            found=digest[:8],
            expected=match[1],
        )


def _convert(path: Path, published: PublishedCheckpoint) -> None:
    """Convert torchvision's pickle, whose hash was checked, to a checkpoint of ours."""
    model = build_torchvision(published.card.architecture, num_classes=published.card.num_classes)
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        kept = {name: tensor for name, tensor in state.items() if not name.startswith("aux_classifier.")}
        model.network.load_state_dict(kept)
    except (UnpicklingError, RuntimeError, TypeError, AttributeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise BadCheckpoint(
            "“{name}” does not hold the tensors that the installed torchvision expects ({reason}). Install the "
            "versions of requirements.txt and fetch it again.",
            name=path.name,
            reason=reason,
        ) from error
    save_checkpoint(published.path, model, published.card)
