"""Types of options that several models share, with their valid ranges.

``build_model`` reads them from the signatures to validate options.
"""

from typing import Annotated, Literal

from pydantic import Field

Count = Annotated[int, Field(ge=1, le=8192)]
"""A number of channels: at least one."""

Share = Annotated[float, Field(ge=0, lt=1)]
"""A dropout probability, below one."""

Norm = Literal["batch", "group"]
"""BatchNorm (statistics of the batch) or GroupNorm (statistics of each image)."""

OutputStride = Literal[8, 16, 32]
"""Stride, in pixels of the image, of the encoder's last feature map."""

ClassIds = dict[str, Annotated[int, Field(ge=0, le=254)]]
"""Name → class id."""
