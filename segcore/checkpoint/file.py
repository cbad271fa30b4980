"""Tensors ↔ model: writing a checkpoint whole or not at all, and reading one that may be wrong in every way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
import torchvision
from safetensors import torch as safetensors_torch
from torch import Tensor, nn

import segcore
from segcore.checkpoint.card import CARD_KEY, FORMAT, CheckpointCard, Task, load_card
from segcore.checkpoint.shelf import CheckpointRef
from segcore.checkpoint.torchvision_nets import PREFIX, build_torchvision
from segcore.durable import write_whole
from segcore.errors import BadCheckpoint, BadConfig, Message, joined
from segcore.models import CLASSIFIERS, MODELS, build_model

_SHOWN = 8
"""Of many wrong tensors, so many are named."""


@dataclass(frozen=True)
class Checkpoint:
    """A model with the facts that belong to it.

    Attributes:
        model: in evaluation mode, float32, on the device that was asked for.
        card: its facts.
        path: the file it came from.
    """

    model: nn.Module
    card: CheckpointCard
    path: Path


def save_checkpoint(path: str | Path, model: nn.Module, card: CheckpointCard, *, half: bool = False) -> CheckpointRef:
    """Write weights and card to one file; whoever reads meanwhile sees the old file or the new one, never a half.

    Args:
        path: where to; its folder is made if need be.
        model: the network that ``card`` describes.
        card: its facts. ``versions``, ``created`` and ``parameters`` are filled in here, and ``encoder_weights`` among
            the options becomes "none": the weights are in the file.
        half: store 16-bit floats, half the size. Batch norm statistics too; a tensor with values beyond the range of
            16 bits (65504) stays as it is.

    Returns:
        The file as it now lies there.

    Raises:
        ValueError: the card describes another network than this one.
    """
    path = Path(path)
    card = _completed(card, model)
    tensors = {name: _storable(tensor, half=half) for name, tensor in model.state_dict().items()}
    differences = _differences(_empty_model(card).state_dict(), tensors)
    if differences:
        raise ValueError(
            f"the card describes another network than the model to save: {'; '.join(differences[:_SHOWN])}"
        )
    data = safetensors_torch.save(tensors, metadata={CARD_KEY: card.model_dump_json()})
    write_whole(path, data)
    return CheckpointRef.of(path)


def load_checkpoint(
    path: str | Path | CheckpointRef, device: str | torch.device = "cpu", *, task: Task | None = "semantic"
) -> Checkpoint:
    """Build the network of a checkpoint and fill it.

    Args:
        path: a .safetensors file with a card, or what ``find_checkpoint`` returned.
        device: where the model goes.
        task: what the network is needed for; None takes any.

    Raises:
        BadCheckpoint: the file is wrong (see ``load_card``), is for another task, names an architecture or options that
            are not known here, or its tensors do not fit; then each wrong tensor has a line.
    """
    path = path.path if isinstance(path, CheckpointRef) else Path(path)
    card = load_card(path)
    if task not in (None, card.task):
        raise BadCheckpoint(_other_task(path.name, card))
    model = _empty_model(card, path.name)
    tensors = safetensors_torch.load_file(path)
    differences = _differences(model.state_dict(), tensors)
    if differences:
        raise BadCheckpoint(_mismatch(path.name, card, differences))
    wanted = model.state_dict()
    model.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in tensors.items()}, assign=True)
    return Checkpoint(model.to(device).eval(), card, path)


def _other_task(file_name: str, card: CheckpointCard) -> Message:
    if card.task == "classification":
        return Message(
            "“{name}” is a classifier: it says one class for a whole picture and labels no pixels. Choose a "
            "checkpoint for segmentation.",
            name=file_name,
        )
    return Message(
        "“{name}” labels pixels and is no classifier. Choose a checkpoint of the task classification.", name=file_name
    )


def _completed(card: CheckpointCard, model: nn.Module) -> CheckpointCard:
    options = dict(card.options)
    if "encoder_weights" in options:
        options["encoder_weights"] = "none"
    return card.model_copy(
        update={
            "options": options,
            "versions": {
                "segcore": segcore.__version__,
                "torch": torch.__version__,
                "torchvision": torchvision.__version__,
            },
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "format": FORMAT,
        }
    )


def _storable(tensor: Tensor, *, half: bool) -> Tensor:
    """A copy on the CPU that shares memory with no other tensor, as the format demands."""
    tensor = tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
    if half and tensor.is_floating_point():
        small = tensor.half()
        return small if small.isfinite().all() or not tensor.isfinite().all() else tensor
    return tensor


def _empty_model(card: CheckpointCard, file_name: str = "") -> nn.Module:
    """The network of a card with shapes but no numbers.

    On PyTorch's meta device a tensor takes no memory. So a card that asks for a network of a million channels is
    found out by comparing shapes before anything is allocated, and no random numbers are drawn for weights that are
    about to be replaced.
    """
    options = dict(card.options)
    if "encoder_weights" in options:
        options["encoder_weights"] = "none"  # a stranger's card must not make us open files of its choice
    try:
        with torch.device("meta"):
            if card.architecture.startswith(PREFIX):
                return build_torchvision(card.architecture, num_classes=card.num_classes, in_channels=card.in_channels)
            return build_model(card.architecture, num_classes=card.num_classes, in_channels=card.in_channels, **options)
    # Options come from a file that anybody may have written: "width": "wide" ends deep inside torch.
    except (BadConfig, TypeError, ValueError, RuntimeError) as error:
        raise BadCheckpoint(
            "“{name}” wants the architecture “{architecture}” with the options {options}, which this version cannot "
            "build ({error}). Known architectures: {known}. Update the program, or choose another checkpoint.",
            name=file_name or card.name,
            architecture=card.architecture,
            options=options,
            error=error,
            known=[*MODELS, *CLASSIFIERS],
        ) from error


def _differences(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[Message]:
    """One line per tensor that is missing, unexpected or of another shape."""
    lines = []
    for name, tensor in wanted.items():
        if name not in given:
            lines.append(Message("{name}: missing, expected {expected}", name=name, expected=_shape(tensor)))
        elif given[name].shape != tensor.shape:
            lines.append(
                Message(
                    "{name}: has {found}, expected {expected}",
                    name=name,
                    found=_shape(given[name]),
                    expected=_shape(tensor),
                )
            )
    lines += [
        Message("{name}: unexpected, has {found}", name=name, found=_shape(tensor))
        for name, tensor in given.items()
        if name not in wanted
    ]
    return lines


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "one number"


def _mismatch(file_name: str, card: CheckpointCard, differences: list[Message]) -> Message:
    shown = differences[:_SHOWN]
    if len(differences) > _SHOWN:
        shown.append(Message("and {count} more", count=len(differences) - _SHOWN))
    return Message(
        "The weights in “{name}” do not fit its own card ({architecture}, {classes} classes, {channels} channels). "
        "{count} tensors differ:\n{differences}\nThe file was changed after it was saved, or saved by another version. "
        "Save it again from its run.",
        name=file_name,
        architecture=card.architecture,
        classes=card.num_classes,
        channels=card.in_channels,
        count=len(differences),
        differences=joined(shown),
    )
