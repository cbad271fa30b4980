"""Saving a model with its card as one file, loading it with validation, and keeping a run's checkpoint by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch
import torchvision
from safetensors import torch as safetensors_torch
from torch import Tensor, nn

import segcore
from segcore import paths
from segcore.checkpoint.card import CARD_KEY, FORMAT, CheckpointCard, Task, load_card
from segcore.checkpoint.library import SUFFIX, CheckpointRef, refuse_shipped, require_name
from segcore.checkpoint.torchvision_nets import PREFIX, build_torchvision
from segcore.durable import write_whole
from segcore.errors import BadCheckpoint, BadConfig, Message, joined
from segcore.models import CLASSIFIERS, MODELS, build_model, current_model, current_names

_SHOWN = 8
"""Maximum number of mismatching tensors that a message lists."""


@dataclass(frozen=True)
class Checkpoint:
    """A model, in evaluation mode, float32, on the requested device, with its card and the path of its file."""

    model: nn.Module
    card: CheckpointCard
    path: Path


def save_checkpoint(path: str | Path, model: nn.Module, card: CheckpointCard, *, half: bool = False) -> CheckpointRef:
    """Write weights and card to one file, atomically; return a reference to it.

    Args:
        path: of the file; its folder is created if necessary.
        model: the network that ``card`` describes.
        card: its facts. ``versions``, ``created`` and ``parameters`` are filled in here, and ``encoder_weights`` among
            the options becomes "none": the weights are in the file.
        half: store 16-bit floats, batch-norm statistics included; a tensor with values beyond their range (65504)
            stays as it is.

    Raises:
        ValueError: the card describes another network.
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
    """Return the network of a checkpoint with its weights; ``task`` is the one that it must have, None accepts any.

    Raises:
        BadCheckpoint: the file is wrong (see ``load_card``), is for another task, has an unknown architecture or
            options, or its tensors do not fit or have values that are no numbers; then the text lists the tensors.
    """
    path = path.path if isinstance(path, CheckpointRef) else Path(path)
    card = _current(load_card(path))
    if task not in (None, card.task):
        raise BadCheckpoint(_other_task(path.name, card))
    model = _empty_model(card, path.name)
    wanted = model.state_dict()
    tensors = current_names(safetensors_torch.load_file(path), wanted)
    differences = _differences(wanted, tensors)
    if differences:
        raise BadCheckpoint(_mismatch(path.name, card, differences))
    broken = not_finite(tensors)
    if broken:
        raise BadCheckpoint(
            "The weights in “{name}” are not all numbers: {count} tensors have NaN or infinite values, the first of "
            "them {tensor}. Every prediction would be meaningless. The training diverged, or the file was damaged: "
            "choose another checkpoint, such as that of an earlier epoch.",
            name=path.name,
            count=len(broken),
            tensor=broken[0],
        )
    model.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in tensors.items()}, assign=True)
    return Checkpoint(model.to(device).eval(), card, path)


def keep_checkpoint(
    source: Path,
    name: str,
    *,
    title: str | None = None,
    licence: str | None = None,
    folder: Path | None = None,
    half: bool = False,
    replace: bool = False,
) -> CheckpointRef:
    """Copy a run's checkpoint under a name of its own, where the dashboard and ``--checkpoint`` find it.

    The name is the ``title`` too, unless another is passed; without a ``licence`` the card keeps the run's. Without a
    ``folder`` the file goes to the user's checkpoints. ``half`` as for ``save_checkpoint``; ``replace`` overwrites an
    older one of that name.

    Raises:
        BadCheckpoint: the source is not a checkpoint, or the name is invalid or taken.
    """
    require_name(name)
    if folder is None:
        refuse_shipped(name)
    target = (folder or paths.own_checkpoints_dir()) / f"{name}{SUFFIX}"
    if target.exists() and not replace:
        raise BadCheckpoint(
            "There already is a checkpoint “{name}” in {folder}. Choose another name.", name=name, folder=target.parent
        )
    checkpoint = load_checkpoint(source, task=None)
    run = source.parent.parent
    changes = {"name": name, "title": title or name, "licence": licence}
    changes["run"] = run.name if (run / "spec.json").exists() else None
    card = checkpoint.card.model_copy(update={key: value for key, value in changes.items() if value is not None})
    return save_checkpoint(target, checkpoint.model, card, half=half)


def not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    """Names of the tensors that have a NaN or infinite value."""
    floats = {name: tensor.float() for name, tensor in tensors.items() if tensor.is_floating_point()}
    return [name for name, tensor in floats.items() if not bool(tensor.isfinite().all())]


def _other_task(file_name: str, card: CheckpointCard) -> Message:
    if card.task == "classification":
        return Message(
            "“{name}” is a classifier: it predicts one class for a whole image and labels no pixels. Choose a "
            "checkpoint for segmentation.",
            name=file_name,
        )
    return Message(
        "“{name}” labels pixels and is no classifier. Choose a checkpoint of the task classification.", name=file_name
    )


def _current(card: CheckpointCard) -> CheckpointCard:
    """Return the card with the present names of its architecture and options, and no weights to start from.

    The file has all weights, and a card from an unknown source must not make us open files of its choice.
    """
    architecture, options = current_model(card.architecture, card.options)
    if "encoder_weights" in options:
        options["encoder_weights"] = "none"
    return card.model_copy(update={"architecture": architecture, "options": options})


def _completed(card: CheckpointCard, model: nn.Module) -> CheckpointCard:
    changes = {
        "versions": {module.__name__: module.__version__ for module in (segcore, torch, torchvision)},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "format": FORMAT,
    }
    return _current(card).model_copy(update=changes)


def _storable(tensor: Tensor, *, half: bool) -> Tensor:
    """Return a copy on the CPU that shares memory with no other tensor, as the format requires."""
    tensor = tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
    if half and tensor.is_floating_point():
        small = tensor.half()
        return small if small.isfinite().all() or not tensor.isfinite().all() else tensor
    return tensor


def _empty_model(card: CheckpointCard, file_name: str = "") -> nn.Module:
    """Return the network of a card on PyTorch's meta device, where tensors have shapes but no memory.

    So a card that describes a network of a million channels is detected by its shapes before anything is allocated, and
    weights that will be replaced are not initialised.
    """
    options = card.options
    try:
        with torch.device("meta"):
            if card.architecture.startswith(PREFIX):
                return build_torchvision(card.architecture, num_classes=card.num_classes, in_channels=card.in_channels)
            return build_model(card.architecture, num_classes=card.num_classes, in_channels=card.in_channels, **options)
    # Options come from an untrusted file: "width": "wide" fails deep inside torch.
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
    """Return one line per tensor that is missing, unexpected or of another shape."""
    lines = []
    for name, tensor in wanted.items():
        if name not in given:
            lines.append(Message("{name}: missing, expected {expected}", name=name, expected=_shape(tensor)))
        elif given[name].shape != tensor.shape:
            found, expected = _shape(given[name]), _shape(tensor)
            lines.append(Message("{name}: has {found}, expected {expected}", name=name, found=found, expected=expected))
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
