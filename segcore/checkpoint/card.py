"""What a checkpoint says about itself, and how that is read without reading the weights.

A checkpoint is one .safetensors file (https://github.com/huggingface/safetensors): eight bytes with the length of a
JSON header, the header (name, dtype, shape and place of every tensor, and free text under ``__metadata__``), then
the numbers. It holds no code, so opening a stranger's file is safe. Our card is one JSON text in that metadata.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from safetensors import SafetensorError, safe_open

from segcore.errors import BadCheckpoint
from segcore.types import IGNORE, Colour

CARD_KEY = "segcore"
"""Under this key of ``__metadata__`` lies the card."""

FORMAT = 1
"""Counts up when an older program could no longer understand the file."""

NAME_PATTERN = r"^[A-Za-z0-9_.-]{1,64}$"
"""What a checkpoint may be called: safe as a file name on every system and in a URL."""

Task = Literal["semantic", "classification"]
"""What a network says: a class for every pixel, or one for a whole picture."""


class TrainingData(BaseModel):
    """One dataset that the weights have seen.

    Attributes:
        name: as people call it: "Oxford-IIIT Pet, 240 photos".
        licence: of the images and labels.
        images: how many were trained on; None where the publisher does not say.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    licence: str = ""
    images: int | None = Field(default=None, ge=0)


class Score(BaseModel):
    """One measured number together with everything needed to compare it honestly.

    Attributes:
        metric: "mIoU", "pixel accuracy", "accuracy" (of whole pictures) …
        value: a share in 0 … 1.
        convention: over what it is averaged and what is left out.
        data: what it was measured on.
        split: which part of that data: "val", "test" …
        images: how many images; None where unknown.
        per_class: the same metric per class name; empty where unknown. None: class absent, no score.
        source: who measured: a command of ours, or a publisher's page.
    """

    model_config = ConfigDict(frozen=True)

    metric: str
    value: float = Field(ge=0, le=1)
    convention: str
    data: str
    split: str = ""
    images: int | None = Field(default=None, ge=0)
    per_class: dict[str, float | None] = {}
    source: str = ""


class CheckpointCard(BaseModel):
    """Everything that is needed to build the network again, to feed it rightly, and to judge it.

    Attributes:
        name: what it was saved as. A file that was renamed is found by its new file name.
        title: one line for people.
        task: what the network says; a file from before there was a choice is "semantic".
        architecture: a key of ``segcore.models.MODELS`` or ``CLASSIFIERS``, or "torchvision/…" for a published one.
        options: of that architecture, JSON values only. Never weights to start from: the file has them all.
        in_channels: C of the images.
        classes: K names in the order of the ids.
        colours: one per class.
        mean: per channel, of pixel values scaled to 0 … 1. The network sees (pixel / 255 - mean) / std.
        std: likewise.
        working_side: length in pixels to which the longer side of a photo is brought before the network looks
            at it; None: photos are seen pixel by pixel as they are, in tiles when large.
        training_data: what the weights have seen.
        scores: how good they are.
        licence: under which the weights may be used.
        run: name of the run that the weights were kept from; "" where they still lie in it, or came otherwise.
        versions: of segcore, torch and torchvision at saving; filled in by ``save_checkpoint``.
        created: ISO 8601 date and time, UTC; filled in by ``save_checkpoint``.
        parameters: numbers that were learnt; filled in by ``save_checkpoint``.
        format: of the file, see FORMAT.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=NAME_PATTERN)
    title: str
    task: Task = "semantic"
    architecture: str
    options: dict[str, JsonValue] = {}
    in_channels: int = Field(default=3, ge=1, le=64)
    classes: tuple[str, ...] = Field(min_length=1, max_length=IGNORE)
    colours: tuple[Colour, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    working_side: int | None = Field(default=None, ge=32, le=8192)
    training_data: tuple[TrainingData, ...] = ()
    scores: tuple[Score, ...] = ()
    licence: str = ""
    run: str = ""
    versions: dict[str, str] = {}
    created: str = ""
    parameters: int = Field(default=0, ge=0)
    format: int = Field(default=FORMAT, ge=1)

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
    """Read the card from the header of a checkpoint; the weights stay on disk and torch stays out.

    Args:
        path: a .safetensors file.

    Raises:
        BadCheckpoint: missing, empty, truncated, a pickle, no safetensors file, without a card or with a card that
            makes no sense. The text says which, and what to do.
    """
    path = Path(path)
    _refuse_what_is_no_safetensors(path)
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(CARD_KEY)
    except SafetensorError as error:
        if "not fully covered" in str(error):
            raise BadCheckpoint(
                "“{name}” was cut off, or something was added: its length is not what its header promises. Copy or "
                "download it again.",
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


def _refuse_what_is_no_safetensors(path: Path) -> None:
    """Name the usual wrong files by their first bytes, which tell more than the parser's complaint."""
    if not path.is_file():
        raise BadCheckpoint(
            "There is no checkpoint file “{path}”. Check the name, or train one and keep it.", path=path
        )
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(9)
    if size == 0:
        raise BadCheckpoint("“{name}” is empty. Copy or download it again.", name=path.name)
    # torch.save writes a zip since version 1.6; before, a bare pickle, which starts with its protocol's number.
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
