"""The kinds of option values that several models share, with the range that each may have.

The classes of this package declare their options with these types; ``build_model`` reads them from the
signature to check what a user typed, and a form can read them to offer the right widget.
"""

from typing import Annotated, Literal

from pydantic import Field

Count = Annotated[int, Field(ge=1, le=8192)]
"""A number of channels, classes or the like: at least one."""

Share = Annotated[float, Field(ge=0, lt=1)]
"""A probability that never reaches one: dropout."""

Norm = Literal["batch", "group"]
"""What follows a convolution: BatchNorm (statistics of the batch) or GroupNorm (of each image by itself)."""

OutputStride = Literal[8, 16, 32]
"""How many pixels of the image one position of the deepest map stands for, along each side."""

ClassIds = dict[str, Annotated[int, Field(ge=0, le=254)]]
"""Names with the id of the class that each stands for."""
