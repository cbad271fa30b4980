"""The settings of augmentation."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]


class Augmentation(BaseModel):
    """How much training images are varied. 0 switches a variation off; all ranges are symmetric about "unchanged"."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scale_min: float = Field(default=0.5, gt=0, le=4, description="Smallest random resize factor")
    scale_max: float = Field(default=2.0, gt=0, le=4, description="Largest random resize factor")
    flip: Share = Field(default=0.5, description="Probability of mirroring left and right")
    rotate_degrees: float = Field(default=0.0, ge=0, le=180, description="Rotation up to this angle, either way")
    tilt: float = Field(
        default=0.0, ge=0, le=0.5, description="Perspective: corners move by up to this share of a side"
    )
    brightness: Share = Field(default=0.0, description="Brightness factor within 1 ± this")
    contrast: Share = Field(default=0.0, description="Contrast factor within 1 ± this")
    saturation: Share = Field(default=0.0, description="Saturation factor within 1 ± this")
    hue: float = Field(default=0.0, ge=0, le=0.5, description="Turn of the colour circle within ± this (0.5 is half)")
    grayscale: Share = Field(default=0.0, description="Probability of a grey image")
    blur: Share = Field(default=0.0, description="Probability of Gaussian blur, sigma 0.3 … 2 pixels")
    noise: float = Field(
        default=0.0, ge=0, le=0.5, description="Gaussian noise, standard deviation 0 … this (white = 1)"
    )
    jpeg: Share = Field(default=0.0, description="Probability of JPEG artefacts, quality 20 … 90")
    erase: Share = Field(default=0.0, description="Probability of a hidden rectangle; its labels are ignored")
    class_aware_crop: Share = Field(
        default=0.0, description="Probability that the crop holds a pixel of one of the smaller classes"
    )
    copy_paste: Share = Field(default=0.0, description="Probability of objects pasted from another training image")

    @model_validator(mode="after")
    def _ordered(self) -> "Augmentation":
        if self.scale_min > self.scale_max:
            raise ValueError(f"scale_min ({self.scale_min}) must not exceed scale_max ({self.scale_max})")
        return self

    @classmethod
    def none(cls) -> "Augmentation":
        """Only the position of the crop is random."""
        return cls(scale_min=1, scale_max=1, flip=0)
