"""``classes.json``: the meaning of the values of a folder's masks. formats/folder.py lists its keys."""

import json
import math
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from segcore.data.base import MAX_CLASSES
from segcore.data.formats.mask_values import value_table
from segcore.errors import BadDataset
from segcore.palette import default_colours
from segcore.types import IGNORE, Colour, LabelMap

_EXAMPLE = '{"classes": ["background", "cat"], "ignore_index": 255}'
_Byte = Annotated[int, Field(ge=0, le=255)]


class ClassesFile(BaseModel):
    """The contents of ``classes.json``; other keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    classes: tuple[str, ...] = Field(min_length=1, max_length=MAX_CLASSES)
    ignore_index: int | None = Field(default=IGNORE, ge=0, le=255)
    colours: tuple[tuple[_Byte, _Byte, _Byte], ...] | None = Field(
        default=None, validation_alias=AliasChoices("colours", "colors")
    )
    licence: str = Field(default="", validation_alias=AliasChoices("licence", "license"))
    shippable: bool | None = None
    title: str | None = None
    in_channels: int = Field(default=3, ge=1, le=64)
    stack: tuple[str, ...] = ()
    value_range: tuple[float, float] | None = None
    reduce_zero_label: bool = False

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in classes if classes.count(name) > 1})
        if twice:
            raise ValueError(f"the names must differ, but these stand twice: {', '.join(twice)}")
        if not all(name.strip() for name in classes):
            raise ValueError("a class name is empty")
        return classes

    @field_validator("stack")
    @classmethod
    def _plain_names(cls, stack: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in stack if not name or name in (".", "..") or Path(name).name != name]
        if wrong:
            raise ValueError(f"expected names of folders beside images/, not {', '.join(map(repr, wrong))}")
        return stack

    @field_validator("value_range")
    @classmethod
    def _rising(cls, values: tuple[float, float] | None) -> tuple[float, float] | None:
        if values is not None and not -math.inf < values[0] < values[1] < math.inf:
            raise ValueError(f"expected the values that become black and white, such as [0, 4095], not {list(values)}")
        return values

    @model_validator(mode="after")
    def _enough_channels(self) -> "ClassesFile":
        if self.image_channels < 1:
            raise ValueError(
                f"in_channels is {self.in_channels}, but stack adds {len(self.stack)} to those of the image; with an "
                f"RGB photo it would be {3 + len(self.stack)}"
            )
        return self

    @property
    def image_channels(self) -> int:
        """Channels of the files in images/, without the stacked ones."""
        return self.in_channels - len(self.stack)

    def colours_or_default(self) -> tuple[Colour, ...]:
        """One colour per class; the default palette where the file has none, or not one for each class."""
        if self.colours is None or len(self.colours) != len(self.classes):
            return default_colours(self.classes)
        return self.colours

    def value_table(self) -> NDArray[np.uint8]:
        """(256,) uint8: pixel value in a mask → class id, IGNORE, or NO_CLASS."""
        ignored = {IGNORE if self.ignore_index is None else self.ignore_index: IGNORE, IGNORE: IGNORE}
        first = int(self.reduce_zero_label)
        unlabelled = {0: IGNORE} if self.reduce_zero_label else {}
        return value_table({first + label: label for label in range(len(self.classes))} | ignored | unlabelled)

    def values_of(self, ids: LabelMap) -> LabelMap:
        """The values of a mask file, (H, W) uint8, that mean these class ids or IGNORE."""
        shifted = np.where(ids == IGNORE, ids, ids + np.uint8(self.reduce_zero_label))
        return np.asarray(shifted, np.uint8)


def read_classes(place: Path, root: Path) -> ClassesFile:
    """The ``classes.json`` of a split folder, or else of the dataset; BadDataset where it is missing or wrong."""
    path = next((folder / "classes.json" for folder in (place, root) if (folder / "classes.json").is_file()), None)
    if path is None:
        raise BadDataset(
            "{place} has no classes.json, so the values of its masks have no names. Write one, for example: {example}",
            place=place,
            example=_EXAMPLE,
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadDataset("{path} is no valid JSON: {error}. Correct the file.", path=path, error=error) from error
    try:
        return ClassesFile.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}" for problem in error.errors()
        )
        raise BadDataset(
            "{path} does not describe classes: {problems}. Correct the file.", path=path, problems=problems
        ) from error
