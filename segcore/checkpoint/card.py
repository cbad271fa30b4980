"""The card of a checkpoint, read from the file's header without its weights.

A checkpoint is one .safetensors file (https://github.com/huggingface/safetensors): eight bytes with the length of a
JSON header, the header (name, dtype, shape and offset of every tensor, and free text under ``__metadata__``), then
the weights. It contains no code, so opening an untrusted file is safe. Our card is one JSON text in that metadata.
"""

import math
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from safetensors import SafetensorError, safe_open

from segcore.errors import BadCheckpoint
from segcore.types import IGNORE, Colour

CARD_KEY = "segcore"
"""Key of the card in ``__metadata__``."""

FORMAT = 1
"""Incremented when an older program could no longer read the file."""

NAME_PATTERN = r"^[A-Za-z0-9_.-]{1,64}$"
"""Valid names of checkpoints: safe as a file name on every system and in a URL."""

Task = Literal["semantic", "classification"]
"""Output of a network: a class for every pixel, or one for the whole image."""


class TrainingData(BaseModel):
    """One dataset that the weights were trained on."""

    model_config = ConfigDict(frozen=True)

    name: str  # for people: "Oxford-IIIT Pet, 240 photos"
    licence: str = ""  # of the images and labels
    images: int | None = Field(default=None, ge=0)  # of the training; None if unknown


class Score(BaseModel):
    """One measured score with everything needed for a fair comparison."""

    model_config = ConfigDict(frozen=True)

    metric: str  # "mIoU", "pixel accuracy", "accuracy" (of whole images) …
    value: float = Field(ge=0, le=1)
    convention: str  # what it is averaged over and what is left out
    data: str
    split: str = ""
    images: int | None = Field(default=None, ge=0)  # None if unknown
    per_class: dict[str, float | None] = {}  # class name → the same metric, None for an absent class; empty if unknown
    source: str = ""  # a command of ours, or the publisher's page


class CheckpointCard(BaseModel):
    """Everything needed to rebuild the network, to preprocess its input, and to judge it."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=NAME_PATTERN)  # as saved; a renamed file is found by its new file name
    title: str
    task: Task = "semantic"  # "semantic" in files from before there was a choice
    architecture: str  # a key of ``segcore.models.MODELS`` or ``CLASSIFIERS``, or "torchvision/…" for a published one
    options: dict[str, JsonValue] = {}  # of that architecture; never weights to start from, as the file has them all
    in_channels: int = Field(default=3, ge=1, le=64)
    classes: tuple[str, ...] = Field(min_length=1, max_length=IGNORE)  # K names in the order of the ids
    colours: tuple[Colour, ...]  # one per class
    mean: tuple[float, ...]  # per channel; the network's input is (pixel / 255 - mean) / std
    std: tuple[float, ...]
    # pixels of the longer side of a photo, resized for the network; None: photos keep their size, large ones are tiled
    working_side: int | None = Field(default=None, ge=32, le=8192)
    # the values that became 0 and 255 in training images of more than 8 bits; None: they had 8 bits, or several ranges
    value_range: tuple[float, float] | None = None
    training_data: tuple[TrainingData, ...] = ()
    image_hashes: str = ""  # of training images, see ``segcore.data.content_hashes``; "" in older files
    scores: tuple[Score, ...] = ()
    licence: str = ""  # of the weights
    run: str = ""  # name of the run that the weights were kept from; "" if they are still in it, or have no run
    versions: dict[str, str] = {}  # of segcore, torch and torchvision at saving; filled in by ``save_checkpoint``
    created: str = ""  # ISO 8601 date and time, UTC; filled in by ``save_checkpoint``
    parameters: int = Field(default=0, ge=0)  # their number; filled in by ``save_checkpoint``
    format: int = Field(default=FORMAT, ge=1)  # of the file, see FORMAT

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        problems = []
        if len(set(self.classes)) != len(self.classes):
            problems.append("two classes have the same name")
        if len(self.colours) != len(self.classes):
            problems.append(f"{len(self.colours)} colours for {len(self.classes)} classes")
        if any(not 0 <= value <= 255 for colour in self.colours for value in colour):
            problems.append("a colour outside 0 … 255")
        if not len(self.mean) == len(self.std) == self.in_channels:
            problems.append(f"{len(self.mean)} means and {len(self.std)} stds for {self.in_channels} channels")
        if self.value_range and not -math.inf < self.value_range[0] < self.value_range[1] < math.inf:
            problems.append("a value_range that does not rise")
        if any(value <= 0 for value in self.std):
            problems.append("a std that is not positive")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def num_classes(self) -> int:
        """K, background included."""
        return len(self.classes)


def load_card(path: str | Path) -> CheckpointCard:
    """Read the card from the header of a checkpoint, a .safetensors file, without its weights and without torch.

    Raises:
        BadCheckpoint: the file is missing, empty, truncated, a pickle, not a safetensors file, or has no valid card.
    """
    path = Path(path)
    _check_first_bytes(path)
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(CARD_KEY)
    except SafetensorError as error:
        if "not fully covered" in str(error):
            raise BadCheckpoint(
                "“{name}” was cut off or extended: its length differs from its header. Copy or download it again.",
                name=path.name,
            ) from error
        raise BadCheckpoint(
            "“{name}” is no .safetensors file ({error}). Choose a checkpoint that this program saved.",
            name=path.name,
            error=error,
        ) from error
    if text is None:
        raise BadCheckpoint(
            "“{name}” holds weights but no card, so its architecture and classes are unknown. Choose a checkpoint "
            "that this program saved. Bare weights of a network can be given to training as encoder_weights.",
            name=path.name,
        )
    try:
        card = CheckpointCard.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'card'}: {e['msg']}" for e in error.errors()[:4])
        raise BadCheckpoint(
            "The card of “{name}” makes no sense ({problems}). Save the checkpoint again.",
            name=path.name,
            problems=problems,
        ) from error
    if card.format > FORMAT:
        raise BadCheckpoint(
            "“{name}” was saved by a newer version of this program (format {format}, this one reads up to {known}). "
            "Update the program to use it.",
            name=path.name,
            format=card.format,
            known=FORMAT,
        )
    return card


def _check_first_bytes(path: Path) -> None:
    """Recognise common wrong files by their first bytes, for a clearer message than the parser's."""
    if not path.is_file():
        raise BadCheckpoint(
            "There is no checkpoint file “{path}”. Check the name, or train one and keep it.", path=path
        )
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(9)
    if size == 0:
        raise BadCheckpoint("“{name}” is empty. Copy or download it again.", name=path.name)
    # torch.save writes a zip since version 1.6; before, a bare pickle, which starts with its protocol number.
    if start.startswith((b"PK\x03\x04", b"\x80")) and start[8:9] != b"{":
        raise BadCheckpoint(
            "“{name}” is a pickle (.pt, .pth). Pickles can run any program when they are opened, so they are never "
            "loaded here. If you trust its source, convert it where it was made: "
            "safetensors.torch.save_file(torch.load(path, weights_only=True), 'weights.safetensors').",
            name=path.name,
        )
    if len(start) < 9 or start[8:9] != b"{":
        raise BadCheckpoint(
            "“{name}” is no .safetensors file: the header is missing. Choose a checkpoint that this program saved.",
            name=path.name,
        )
    header = int.from_bytes(start[:8], "little")
    if 8 + header > size:
        raise BadCheckpoint(
            "“{name}” is cut off: its header alone is {header} bytes and the file has {size}. Copy or download it "
            "again.",
            name=path.name,
            header=header,
            size=size,
        )
