"""Upsampling, written out: which inputs each output is made of, and the fingerprints that this leaves.

All ways here treat rows and columns alike and apart, so that one matrix U of (outputs of a row) x (inputs of a row)
says everything: a map x of n x n becomes U x Uᵀ. What a constant map becomes are the sums of the rows of U. Where these
differ from output to output, every picture gets the same pattern laid over it, however smooth the network's map is
(Odena, Dumoulin, Olah: "Deconvolution and Checkerboard Artifacts", Distill 2016,
https://distill.pub/2016/deconv-checkerboard).

A transposed convolution of kernel k and stride s writes output o from all inputs i with 0 <= o - i s < k. Those are
⌈k / s⌉ or ⌊k / s⌋ inputs, in turns, unless s divides k. It is called transposed because Uᵀ is the convolution with that
stride; it does not undo it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
UpsamplingMethod = Literal["transposed", "nearest", "bilinear", "resize", "unpool"]
METHODS: tuple[UpsamplingMethod, ...] = ("transposed", "nearest", "bilinear", "resize", "unpool")
"""Transposed convolution; copying; interpolation; copying and then a convolution; unpooling to remembered places."""

Weights = Literal["ones", "triangle", "random"]
WEIGHTS: tuple[Weights, ...] = ("ones", "triangle", "random")
SEED = 0
"""Of the random weights."""

SIDE = 4
"""The map that is enlarged is SIDE x SIDE, small enough to follow every number."""

_LONG = 64
"""So many inputs in a row make a spectrum."""


def weights(name: Weights, k: int) -> Numbers:
    """(k,): the weights of a row of the kernel; the kernel is their outer product with themselves.

    Args:
        name: "ones": all alike, so that the output counts writes; "triangle": 1, 2, … 2, 1; "random": 0.1 … 1, as if
            untrained.
        k: how many, 1 or more.
    """
    match name:
        case "ones":
            return np.ones(k)
        case "triangle":
            return np.minimum(np.arange(1, k + 1), np.arange(k, 0, -1)).astype(np.float64)
        case "random":
            return np.random.default_rng(SEED).uniform(0.1, 1, k).round(2)


def matrix(way: UpsamplingMethod, n: int, row: Numbers, stride: int) -> Numbers:
    """U: (outputs, n).

    Args:
        way: one of WAYS.
        n: inputs in a row.
        row: (k,): weights of a row of the kernel, for "transposed" and "resize".
        stride: how many times larger the map becomes. "unpool" puts each value at the first pixel of its window.
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
    """A map of ones, enlarged.

    Attributes:
        way: how.
        row: (k,): weights of a row of the kernel.
        stride: s.
        matrix: U, (outputs, SIDE).
        phases: (s,): what a constant 1 becomes far from the border, for each place within a period of a row.
    """

    way: UpsamplingMethod
    row: Numbers
    stride: int
    matrix: Numbers
    phases: Numbers

    @property
    def output(self) -> Numbers:
        """(outputs, outputs): what the map of ones becomes."""
        sums = self.matrix.sum(axis=1)
        return np.outer(sums, sums)

    @property
    def lowest(self) -> float:
        """The smallest value of the output far from the border."""
        return float(self.phases.min()) ** 2

    @property
    def highest(self) -> float:
        """The largest."""
        return float(self.phases.max()) ** 2

    @property
    def is_even(self) -> bool:
        """Whether a constant stays a constant."""
        return bool(np.isclose(self.lowest, self.highest))


def upsample(way: UpsamplingMethod, row: Numbers, stride: int) -> Upsampling:
    """Enlarge a map of ones; arguments as for `matrix`."""
    far = matrix(way, _LONG, row, stride).sum(axis=1)[_LONG // 2 * stride :][:stride]
    return Upsampling(way, row, stride, matrix(way, SIDE, row, stride), far)


def spectrum(way: UpsamplingMethod, row: Numbers, stride: int) -> tuple[Numbers, Numbers]:
    """A row of an enlarged constant, far from the border, as waves.

    Returns:
        Frequencies in waves per pixel, 0 … 0.5, and the strength of each wave as a share of the mean (which is the
        strength at 0). A constant has no other.
    """
    begin, length = _LONG // 8 * stride, _LONG * 3 // 4 * stride  # whole periods, so that each wave has its own place
    line = matrix(way, _LONG, row, stride).sum(axis=1)[begin : begin + length]
    strength = np.abs(np.fft.rfft(line))
    return np.asarray(np.fft.rfftfreq(length), np.float64), np.asarray(strength / strength[0], np.float64)


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """A picture made smaller by Uᵀ and larger again by U, both brought back to the picture's mean.

    Attributes:
        picture: (m, m), 0 … 1.
        small: (n, n).
        back: (m, m).
    """

    picture: Numbers
    small: Numbers
    back: Numbers

    @property
    def lost(self) -> float:
        """‖x - x̂‖, the square root of the summed squares."""
        return float(np.linalg.norm(self.picture - self.back))

    @property
    def whole(self) -> float:
        """‖x‖."""
        return float(np.linalg.norm(self.picture))


def round_trip(picture: Numbers, n: int, way: UpsamplingMethod, row: Numbers, stride: int) -> RoundTrip:
    """Send a picture through the convolution that belongs to a way of upsampling, and back.

    Args:
        picture: (m, m), m the side of an enlarged n x n map, not all 0.
        n: side of the small map.
        way: as for `matrix`, and so the rest.
        row: likewise.
        stride: likewise.

    Raises:
        ValueError: the picture has another size.
    """
    u = matrix(way, n, row, stride)
    if picture.shape != (len(u), len(u)):
        raise ValueError(f"expected a picture of {len(u)} x {len(u)}, got {picture.shape}.")
    small = u.T @ picture @ u
    back = u @ small @ u.T
    return RoundTrip(picture, small * picture.mean() / small.mean(), back * picture.mean() / back.mean())
