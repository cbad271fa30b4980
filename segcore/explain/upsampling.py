"""Upsampling written out: which inputs each output depends on, and the checkerboard artefacts that result.

All methods treat rows and columns alike and separately, so one matrix U (outputs x inputs of a row) describes
everything: a map x of n x n becomes U x Uᵀ, a constant map the row sums of U. If these differ, every image gets the
same pattern (Odena, Dumoulin, Olah: "Deconvolution and Checkerboard Artifacts", Distill 2016,
https://distill.pub/2016/deconv-checkerboard). Uᵀ of a transposed convolution is the convolution with that stride.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
UpsamplingMethod = Literal["transposed", "nearest", "bilinear", "resize", "unpool"]
METHODS: tuple[UpsamplingMethod, ...] = ("transposed", "nearest", "bilinear", "resize", "unpool")
"""Transposed convolution; nearest neighbour; bilinear; nearest neighbour and a convolution; unpooling with indices."""

Weights = Literal["ones", "triangle", "random"]
WEIGHTS: tuple[Weights, ...] = ("ones", "triangle", "random")
SEED = 0
"""Of the random weights."""

SIDE = 4
"""The feature map is SIDE x SIDE, small enough to follow every number."""

_LONG = 64
"""Number of inputs in a row for a spectrum."""


def weights(name: Weights, k: int) -> Numbers:
    """(k,): weights of a row of the kernel, which is their outer product with themselves.

    With "ones" the output counts its inputs; "triangle" is 1, 2, … 2, 1; "random" 0.1 … 1, as if untrained.
    """
    match name:
        case "ones":
            return np.ones(k)
        case "triangle":
            return np.minimum(np.arange(1, k + 1), np.arange(k, 0, -1)).astype(np.float64)
        case "random":
            return np.random.default_rng(SEED).uniform(0.1, 1, k).round(2)


def matrix(way: UpsamplingMethod, n: int, row: Numbers, stride: int) -> Numbers:
    """U, (outputs, n), for n inputs in a row; ``row`` (k,) holds the weights of a row of the kernel.

    "transposed" and "resize" use the weights; "unpool" puts each value at the first pixel of its window.
    """
    k = len(row)
    match way:
        case "transposed":
            found = np.zeros(((n - 1) * stride + k, n))
            for i in range(n):
                found[i * stride : i * stride + k, i] = row
            return found
        case "nearest":
            return np.repeat(np.eye(n), stride, axis=0)
        case "bilinear":
            at = np.clip((np.arange(n * stride) + 0.5) / stride - 0.5, 0, n - 1)  # pixels are areas, not corners
            return np.maximum(0, 1 - abs(at[:, None] - np.arange(n)))
        case "resize":
            copied = np.pad(np.repeat(np.eye(n), stride, axis=0), (((k - 1) // 2, k // 2), (0, 0)))
            return np.stack([row @ copied[o : o + k] for o in range(n * stride)])
        case "unpool":
            found = np.zeros((n * stride, n))
            found[::stride] = np.eye(n)
            return found


@dataclass(frozen=True, eq=False)
class Upsampling:
    """An upsampled map of ones."""

    way: UpsamplingMethod  # the method
    row: Numbers  # (k,): weights of a row of the kernel
    stride: int  # s
    matrix: Numbers  # U, (outputs, SIDE)
    phases: Numbers  # (s,): values of an upsampled constant 1 far from the border, over one period of a row

    @property
    def output(self) -> Numbers:
        """(outputs, outputs): the upsampled map."""
        sums = self.matrix.sum(axis=1)
        return np.outer(sums, sums)

    @property
    def lowest(self) -> float:
        """The smallest output value far from the border."""
        return float(self.phases.min()) ** 2

    @property
    def highest(self) -> float:
        """The largest output value far from the border."""
        return float(self.phases.max()) ** 2

    @property
    def is_even(self) -> bool:
        """Whether a constant stays constant."""
        return bool(np.isclose(self.lowest, self.highest))


def upsample(way: UpsamplingMethod, row: Numbers, stride: int) -> Upsampling:
    """Upsample a map of ones; arguments as for `matrix`."""
    far = matrix(way, _LONG, row, stride).sum(axis=1)[_LONG // 2 * stride :][:stride]
    return Upsampling(way, row, stride, matrix(way, SIDE, row, stride), far)


def spectrum(way: UpsamplingMethod, row: Numbers, stride: int) -> tuple[Numbers, Numbers]:
    """Spectrum of a row of an upsampled constant, far from the border.

    Returns:
        Frequencies in cycles per pixel, 0 … 0.5, and amplitudes relative to the mean (the amplitude at 0), the only one
        of a constant.
    """
    begin, length = (_LONG // 8 * stride, _LONG * 3 // 4 * stride)  # whole periods: each frequency has its own bin
    line = matrix(way, _LONG, row, stride).sum(axis=1)[begin : begin + length]
    strength = np.abs(np.fft.rfft(line))
    return np.asarray(np.fft.rfftfreq(length), np.float64), np.asarray(strength / strength[0], np.float64)


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """An image made smaller by Uᵀ and larger again by U, both brought back to the image's mean."""

    image: Numbers  # (m, m), 0 … 1
    small: Numbers  # (n, n)
    back: Numbers  # (m, m)

    @property
    def lost(self) -> float:
        """‖x - x̂‖₂."""
        return float(np.linalg.norm(self.image - self.back))

    @property
    def whole(self) -> float:
        """‖x‖₂."""
        return float(np.linalg.norm(self.image))


def round_trip(image: Numbers, n: int, way: UpsamplingMethod, row: Numbers, stride: int) -> RoundTrip:
    """Downsample an image (m, m), not all 0, to (n, n) with the transpose of an upsampling method, and upsample it.

    The other arguments are those of `matrix`.

    Raises:
        ValueError: m is not the side of an upsampled n x n map.
    """
    u = matrix(way, n, row, stride)
    if image.shape != (len(u), len(u)):
        raise ValueError(f"expected an image of {len(u)} x {len(u)}, got {image.shape}.")
    small = u.T @ image @ u
    back = u @ small @ u.T
    return RoundTrip(image, small * image.mean() / small.mean(), back * image.mean() / back.mean())
