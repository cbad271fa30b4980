"""Receptive field: theoretical, actually read, and effective.

A layer of kernel k, stride s and dilation d reads k pixels, d apart, and moves on by s. The theoretical receptive field
of one output of layers 1 … L has the side

    r = 1 + Σ (k_l - 1) · d_l · j_l        j_l = s_1 · s_2 · … · s_(l-1), pixels between neighbours that layer l reads

(Araujo, Norris, Sim, Distill 2019, https://distill.pub/2019/computing-receptive-fields). Dilated layers may leave gaps
in it (Wang et al., WACV 2018, https://arxiv.org/abs/1702.08502), and pixels contribute unequally, which gives the
effective receptive field (Luo et al., NIPS 2016, https://arxiv.org/abs/1701.04128). With equal weights the contribution
of a pixel is the number of paths from it to the output, which is counted here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from segcore.explain.network import Network, as_pixels
from segcore.explain.private_copy import private_copy
from segcore.models import build_model
from segcore.types import RGB

Counts = NDArray[np.int64]
Heat = NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """A convolution or a pooling, the same in both directions."""

    kernel: int = 3  # pixels that it reads per axis
    stride: int = 1  # pixels between neighbouring outputs
    dilation: int = 1  # pixels between neighbouring reads


def path_counts(layers: Sequence[Layer]) -> Counts:
    """(r,): number of paths from each pixel of a row through the layers to the output; 0 is a gap."""
    ways = np.ones(1, np.int64)
    for layer in reversed(layers):
        apart = np.zeros((len(ways) - 1) * layer.stride + 1, np.int64)
        apart[:: layer.stride] = ways
        comb = np.zeros((layer.kernel - 1) * layer.dilation + 1, np.int64)
        comb[:: layer.dilation] = 1
        ways = np.convolve(apart, comb)
    return ways


@dataclass(frozen=True, eq=False)
class Field:
    """A receptive field in the plane."""

    ways: Counts  # (r, r): number of paths from each pixel to the output

    @property
    def side(self) -> int:
        """Side of the theoretical receptive field, r."""
        return len(self.ways)

    @property
    def read(self) -> int:
        """Number of pixels that are read."""
        return int((self.ways > 0).sum())

    @property
    def share(self) -> float:
        """Share of the theoretical receptive field that is read, 0 … 1."""
        return self.read / self.ways.size


def sequential(layers: Sequence[Layer]) -> Field:
    """The field of sequential layers; rows and columns are independent, so path counts multiply."""
    row = path_counts(layers)
    return Field(np.outer(row, row))


def parallel(branches: Sequence[Sequence[Layer]]) -> Field:
    """The field of parallel branches with joined outputs, as in ASPP, centred on each other.

    Raises:
        ValueError: their centres cannot agree because the sides differ by an odd number.
    """
    fields = [sequential(branch).ways for branch in branches]
    side = max(map(len, fields))
    ways = np.zeros((side, side), np.int64)
    for each in fields:
        margin, odd = divmod(side - len(each), 2)
        if odd:
            raise ValueError(f"fields of {side} and {len(each)} pixels have no common middle.")
        ways[margin : side - margin, margin : side - margin] += each
    return Field(ways)


# --- a network --------------------------------------------------------------------------------------------------------


def effective_field(network: Network, image: RGB, pixel: tuple[int, int]) -> Heat:
    """(h, w): Σ |∂z / ∂x| over the three colours, z the largest logit at the pixel (row, col) of the image."""
    x = as_pixels([image]).requires_grad_()
    z = network.logits(x)[0, :, pixel[0], pixel[1]].max()
    (slope,) = torch.autograd.grad(z, x)
    return np.asarray(slope[0].abs().sum(dim=0).double().numpy(), np.float64)


def untrained(architecture: str, options: dict[str, object], network: Network) -> Network:
    """The same architecture and options with random weights; the global random state is not changed."""
    options = {name: value for name, value in options.items() if name != "encoder_weights"}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(architecture, num_classes=len(network.classes), in_channels=network.in_channels, **options)
    return replace(network, model=private_copy(model))


def share_within(heat: Heat, pixel: tuple[int, int]) -> list[float]:
    """Share of a map inside squares around a pixel: entry n is for the square of side 2n + 1, clipped at the border.

    The last square contains the whole image. Shares of an empty map are 0.
    """
    rows, columns = np.mgrid[: heat.shape[0], : heat.shape[1]]
    away = np.maximum(abs(rows - pixel[0]), abs(columns - pixel[1]))
    rings = np.bincount(away.ravel(), weights=heat.ravel())
    total = float(rings.sum())
    return [float(share) for share in np.cumsum(rings) / total] if total else [0.0] * len(rings)


def side_holding(shares: Sequence[float], share: float) -> int:
    """Side of the smallest square that holds a share, given `share_within`; of the largest if none does."""
    enough = (2 * place + 1 for place, held in enumerate(shares) if held >= share)
    return next(enough, 2 * len(shares) - 1)
