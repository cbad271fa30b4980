"""Tiny photos and masks for trees of publishers' layouts."""

from pathlib import Path

import numpy as np
from PIL import Image


def photo(height: int = 12, width: int = 16, seed: int = 0) -> np.ndarray:
    """(H, W, 3) of noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def save(path: Path, pixels: np.ndarray, *, palette: bool = False) -> Path:
    """Write a picture and the folders above it; with ``palette`` as indices into colours that mean nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(pixels)
    if palette:
        picture = picture.convert("L")
        indexed = Image.frombytes("P", picture.size, picture.tobytes())
        indexed.putpalette([(7 * value + 3) % 256 for value in range(768)])
        picture = indexed
    picture.save(path)
    return path


def write(path: Path, text: str) -> Path:
    """Write a text and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
