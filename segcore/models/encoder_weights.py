"""Pretrained weights of encoders: downloaded from torchvision or read from a local file, and checked."""

from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from segcore import paths
from segcore.errors import BadCheckpoint, Message, NotAvailable, joined
from segcore.models.encoder_cards import EncoderCard


def published_weights(card: EncoderCard, weights: str) -> dict[str, Tensor]:
    """Return torchvision's tensors for "imagenet", else those of a .safetensors file; errors as of the two below."""
    return download(card) if weights == "imagenet" else read_weights(Path(weights).expanduser())


def download(card: EncoderCard) -> dict[str, Tensor]:
    """Return torchvision's ImageNet weights, downloaded once into ``paths.downloads_dir()``.

    The first digits of the SHA-256, part of the file's name, are checked before the file is kept; ``weights_only``
    excludes code.

    Raises:
        NotAvailable: no connection, or the download is not the published file.
    """
    folder = paths.downloads_dir()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        state: dict[str, Tensor] = torch.hub.load_state_dict_from_url(
            card.url, model_dir=str(folder), map_location="cpu", check_hash=True, weights_only=True
        )
    except (URLError, OSError) as error:
        raise NotAvailable(
            "The ImageNet weights of {title} could not be downloaded from {url} ({error}). Connect to the internet "
            "once, or put the file into {folder}, or use encoder_weights='none'.",
            title=card.title,
            url=card.url,
            error=getattr(error, "reason", error),
            folder=folder,
        ) from error
    except RuntimeError as error:  # torch.hub's error for a wrong hash
        raise NotAvailable(
            "What came from {url} is not the published file ({error}). Something on the way changed it or cut it "
            "short: try again, or use encoder_weights='none'.",
            url=card.url,
            error=error,
        ) from error
    return state


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return all tensors of a local .safetensors file.

    Raises:
        BadCheckpoint: the file does not exist, is not a safetensors file, or has a value that is no number.
    """
    if not path.is_file():
        raise BadCheckpoint(
            "There is no file {path}. encoder_weights can be 'none', 'imagenet' or the path of a .safetensors file.",
            path=path,
        )
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise BadCheckpoint(
            "{path} cannot be read as a .safetensors file ({error}). Files of other formats (.pth, .pt) can run code "
            "when they are opened and are not accepted: convert them first.",
            path=path,
            error=error,
        ) from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.float().isfinite().all()):
            raise BadCheckpoint(
                "The tensor {tensor} in {path} has NaN or infinite values, so nothing can be learnt from it. Choose "
                "other weights, or encoder_weights='none'.",
                tensor=name,
                path=path,
            )
    return tensors


def load_weights(network: nn.Module, published: Mapping[str, Tensor], card: EncoderCard, *, source: str) -> None:
    """Copy published tensors into the modules of torchvision's ``network`` that the levels of ``card`` use.

    GroupNorm layers, if any, keep their own values. ``source`` names the weights in messages.

    Raises:
        BadCheckpoint: tensors are missing or have another shape; all of them are listed.
    """
    group_norms = [name for name, module in network.named_modules() if isinstance(module, nn.GroupNorm)]
    used = tuple(f"{path}." for level in card.levels for path in level)
    problems: list[Message] = []
    for key, ours in network.state_dict().items():
        owner, _, kind = key.rpartition(".")
        # torchvision's older files lack num_batches_tracked, a counter that nothing uses.
        if not key.startswith(used) or owner in group_norms or kind == "num_batches_tracked":
            continue
        theirs = published.get(key)
        expected = str(tuple(ours.shape))
        if theirs is None:
            problems.append(Message("{key}: missing, expected shape {expected}", key=key, expected=expected))
        elif theirs.shape != ours.shape:
            found = str(tuple(theirs.shape))
            problems.append(
                Message("{key}: shape {found}, expected {expected}", key=key, found=found, expected=expected)
            )
        else:
            ours.copy_(theirs)  # a view of the parameter, without a gradient
    if problems:
        shown = problems[:10]
        if len(problems) > 10:
            shown.append(Message("… and {count} more", count=len(problems) - 10))
        raise BadCheckpoint(
            "{source} does not fit the encoder {name}; {count} of its tensors are wrong:\n  {problems}\nUse a file "
            "with the weights of torchvision.models.{name}, or the encoder that the file was made for.",
            source=source,
            name=card.name,
            count=len(problems),
            problems=joined(shown, "\n  "),
        )
