"""Convolution written out: one output value is a dot product, and the output repeats it at every position.

Deep learning libraries call a cross-correlation a convolution: the kernel is not flipped. For an input of n x n, a
kernel of k x k, stride s, padding p and dilation d

    output[r, c] = bias + Σ kernel[i, j] · padded[r·s + i·d, c·s + j·d]        i, j = 0 … k-1
    side of the output = ⌊(n + 2p - d(k - 1) - 1) / s⌋ + 1

V. Dumoulin, F. Visin: "A guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Border = Literal["constant", "reflect", "replicate"]
"""Values of the padding: zeros, the mirrored input, or the nearest pixel of the input (PyTorch's names)."""

KERNELS: dict[str, Numbers] = {
    "edges": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),  # Sobel: right minus left
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "outline": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),  # Laplace
    "copy": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "blur5": np.full((5, 5), 1 / 25),
}
"""Predefined kernels, by name."""


def output_size(n: int, k: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Side of the output; below 1 if the kernel does not fit into the padded input."""
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with all intermediate values."""

    image: Numbers  # (n, n), the input
    kernel: Numbers  # (k, k)
    bias: float  # added to every output value
    stride: int  # pixels between neighbouring windows
    padding: int  # rows and columns added on each side
    dilation: int  # pixels between neighbouring weights of the kernel
    padded: Numbers  # (n + 2p, n + 2p)
    output: Numbers  # (o, o), float64
    touched: NDArray[np.bool_]  # (n + 2p, n + 2p) bool, the pixels that at least one window reads

    def window(self, row: int, col: int) -> list[tuple[int, int]]:
        """The k² positions in ``padded`` that an output value reads, row by row."""
        steps = range(0, self.dilation * len(self.kernel), self.dilation)
        return [(row * self.stride + i, col * self.stride + j) for i in steps for j in steps]

    def under(self, row: int, col: int) -> Numbers:
        """(k, k): the input under the kernel at an output position."""
        k = len(self.kernel)
        return np.array([self.padded[place] for place in self.window(row, col)]).reshape(k, k)

    def products(self, row: int, col: int) -> Numbers:
        """(k, k): kernel times input, elementwise; their sum plus the bias is the output value."""
        return self.kernel * self.under(row, col)


def convolve(
    image: Numbers,
    kernel: Numbers,
    *,
    bias: float = 0.0,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    border: Border = "constant",
) -> Convolution:
    """Convolve an image (n, n) and a kernel (k, k) position by position, by the formula at the top of this file.

    Raises:
        ValueError: image or kernel is not square, or the kernel does not fit into the padded image.
    """
    if image.ndim != 2 or image.shape[0] != image.shape[1] or kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"image {image.shape} and kernel {kernel.shape} must be square.")
    side = output_size(len(image), len(kernel), stride=stride, padding=padding, dilation=dilation)
    if side < 1:
        reach = dilation * (len(kernel) - 1) + 1
        raise ValueError(f"a kernel that reaches over {reach} pixels does not fit into {len(image)} + 2·{padding}.")
    padded = np.pad(image.astype(np.float64), padding, mode="edge" if border == "replicate" else border)
    output, touched = np.zeros((side, side)), np.zeros(padded.shape, bool)
    result = Convolution(image, kernel, bias, stride, padding, dilation, padded, output, touched)
    for row in range(side):
        for col in range(side):
            output[row, col] = bias + result.products(row, col).sum()
            for place in result.window(row, col):
                touched[place] = True
    return result
