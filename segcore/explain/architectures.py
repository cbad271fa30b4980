"""Five architectures for segmentation: the output and the cost of each block, measured on the same image.

Shapes, parameters and MACs come from PyTorch's meta device, times from random weights. A MAC is one multiplication and
one addition to a sum. Convolutions, transposed convolutions and fully connected layers are counted; normalisation,
activations and interpolation are a few per cent of that and left out, as in the papers.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.explain.private_copy import recorded_outputs
from segcore.explain.receptive_field import share_within, side_holding
from segcore.models import MODELS, build_model

ARCHITECTURES: Mapping[str, str] = {
    "fcn": "fcn8s",
    "segnet": "segnet",
    "unet": "unet",
    "pspnet": "pspnet",
    "deeplab": "deeplabv3plus",
}
"""Key → a name in MODELS, in the order of the papers. FCN with stride 16 and 32 are fcn16s and fcn32s."""

NUM_CLASSES = 21
"""Those of Pascal VOC, on which all five papers report."""

CHANNELS = 8
"""Feature maps of a block that are kept for display."""

BYTES = 4  # of a float32
_POOL = 2**20
_LONG_MS = 150


@dataclass(frozen=True)
class Block:
    """A stage of a network, for one image."""

    name: str  # module path
    channels: int  # of its output
    height: int  # of its output, in feature-map positions
    width: int  # likewise
    parameters: int  # learnable numbers
    macs: int  # MACs inside it

    @property
    def values(self) -> int:
        """Size of its output."""
        return self.channels * self.height * self.width


@dataclass(frozen=True)
class NetworkProfile:
    """Shapes and cost of a network for one image of a given size."""

    # the stages of its card that it has, in the order of computation; a stage may lie inside another
    blocks: tuple[Block, ...]
    parameters: int  # of the whole network
    macs: int  # of the whole network
    map_bytes: int  # of the outputs of all counted layers, float32: about what training keeps in memory for one image
    side: int  # of the image, in pixels
    in_channels: int = 3  # of the image


def options_of(architecture: str, width: int, stride: int) -> tuple[str, dict[str, Any]]:
    """The model's name and its options for an architecture.

    Args:
        architecture: a key of ARCHITECTURES.
        width: D, 8 … 64; 64 gives the widths of the papers: D in U-Net's first level, 16 D in FCN's head, 8 D in
            PSPNet's pyramid, 4 D in DeepLab's ASPP. SegNet, VGG-16 and its mirror image, has one width only.
        stride: 8, 16 or 32: output stride of the encoder (PSPNet, DeepLab), stride of the finest scored map (FCN) or
            of the bottleneck (U-Net). SegNet has 32.

    Raises:
        ValueError: unknown architecture.
    """
    match architecture:
        case "fcn":
            return f"fcn{stride}s", {"head_width": 16 * width}
        case "segnet":
            return "segnet", {}
        case "unet":
            return "unet", {"width": width, "depth": int(math.log2(stride))}
        case "pspnet":
            return "pspnet", {"encoder": "resnet18", "width": 8 * width, "output_stride": stride, "aux": False}
        case "deeplab":
            return "deeplabv3plus", {"encoder": "mobilenet_v2", "aspp_width": 4 * width, "output_stride": stride}
    raise ValueError(f"unknown architecture {architecture!r}; known: {', '.join(ARCHITECTURES)}")


def build_architecture(architecture: str, width: int, stride: int, *, device: str = "meta") -> nn.Module:
    """The network in evaluation mode; on "meta" without values, on "cpu" with random weights."""
    name, options = options_of(architecture, width, stride)
    with torch.device("meta"):
        model = build_model(name, num_classes=NUM_CLASSES, **options).eval().requires_grad_(False)
    return model if device == "meta" else randomise_weights(model.to_empty(device=device))


def randomise_weights(model: nn.Module) -> nn.Module:
    """Initialise weights after He et al. and normalisation layers with their defaults; return the model.

    He, Zhang, Ren, Sun, 2015, https://arxiv.org/abs/1502.01852: a variance of 2 / fan-in keeps the scale of activations
    from layer to layer, so that the last feature maps of an untrained network are not flat.
    """
    # Sampling forty million numbers takes longer than the forward pass; a million, repeated, serves as well.
    pool = torch.empty(_POOL).uniform_(-1, 1, generator=torch.Generator().manual_seed(0))
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            weight = module.weight.data
            drawn = pool.repeat(-(-weight.numel() // _POOL))[: weight.numel()].view_as(weight)
            torch.mul(drawn, math.sqrt(6 / weight[0].numel()), out=weight)
            if module.bias is not None:
                module.bias.data.zero_()
        elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm):
            module.reset_parameters()
    return model


def stages_of(model: nn.Module, name: str) -> tuple[str, ...]:
    """The stages of the model's card that this build has; a deeper U-Net has more of them."""
    modules = dict(model.named_modules())
    if name == "unet" and "bottleneck" in modules:
        down = [path for path in modules if path.startswith("down.") and path.count(".") == 1]
        up = [path for path in modules if path.startswith("up.") and path.count(".") == 1]
        return (*down, "bottleneck", *up, "head")
    return tuple(stage for stage in MODELS[name].stages if stage in modules) if name in MODELS else ()


# --- shapes, parameters, MACs -----------------------------------------------------------------------------------------


def profile(model: nn.Module, stages: Sequence[str], side: int, *, in_channels: int = 3) -> NetworkProfile:
    """Shapes and cost of each stage, from a forward pass of an empty square image; stages that do not run are left out.

    The model is in evaluation mode, on the meta device or a private copy.
    """
    device = next(model.parameters()).device
    with torch.no_grad(), recorded_outputs(model, stages) as outputs, counted_layers(model) as layers:
        model(torch.zeros(1, in_channels, side, side, device=device))
    blocks = []
    for name in (stage for stage in stages if stage in outputs):
        _, channels, height, width = outputs[name].shape
        inside = sum(layer.macs for layer in layers if f"{layer.name}.".startswith(f"{name}."))
        parameters = parameters_of(model.get_submodule(name))
        blocks.append(Block(name, channels, height, width, parameters, inside))
    macs, values = sum(layer.macs for layer in layers), sum(layer.values for layer in layers)
    return NetworkProfile(tuple(blocks), parameters_of(model), macs, BYTES * values, side, in_channels)


class LayerCost(NamedTuple):
    """One layer in one forward pass."""

    name: str  # module path
    macs: int
    values: int  # size of its output


@contextmanager
def counted_layers(model: nn.Module) -> Iterator[list[LayerCost]]:
    """Yield a list to which forward passes inside the ``with`` add the cost of each counted layer.

    A convolution sums k x k x C / groups products for each output value; a transposed convolution adds each input value
    to k x k x C' / groups positions.
    """
    layers: list[LayerCost] = []

    def count(name: str, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        each = module.get_parameter("weight")[0].numel()  # C / groups x k x k, transposed C' / groups x k x k
        times = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        layers.append(LayerCost(name, each * times.numel(), output.numel()))

    with ExitStack() as hooks:
        for name, module in model.named_modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                hooks.enter_context(module.register_forward_hook(partial(count, name)))
        yield layers


def parameters_of(model: nn.Module) -> int:
    """Number of learnable parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


# --- an image through a network with weights --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """One image through a network."""

    # of each block, (CHANNELS or fewer, h, w) float16: the channels that vary most over the image
    maps: dict[str, NDArray[np.float16]]
    milliseconds: tuple[float, ...]  # of each timed forward pass, one image, after a warm-up
    threads: int  # that computed it
    # (H, W) float32, Σ |∂ logit / ∂ pixel| over channels, for the largest logit of the central pixel
    gradient: NDArray[np.float32]

    @property
    def best_ms(self) -> float:
        """The fastest pass, least disturbed by other programs."""
        return min(self.milliseconds)


def record_pass(model: nn.Module, image: Tensor, blocks: Sequence[str]) -> ForwardPass:
    """Record the feature maps of the blocks and the gradient of the central pixel; time the forward pass.

    The model is a private copy in evaluation mode, the image (1, C, H, W) normalised; ``blocks`` are module paths. A
    second pass is timed unless the first took long.
    """
    pixels = image.clone().requires_grad_()
    with recorded_outputs(model, blocks) as outputs:
        logits: Tensor = model(pixels).logits  # (1, K, H, W)
    row, col = logits.shape[-2] // 2, logits.shape[-1] // 2
    (gradient,) = torch.autograd.grad(logits[0, :, row, col].max(), pixels)
    milliseconds: tuple[float, ...] = (1000 * time_pass(model, image),)
    if milliseconds[0] < _LONG_MS:
        milliseconds += (1000 * time_pass(model, image),)
    maps = {name: _most_varying(output[0].detach()) for name, output in outputs.items()}
    return ForwardPass(maps, milliseconds, torch.get_num_threads(), gradient[0].abs().sum(dim=0).numpy())


def _most_varying(maps: Tensor) -> NDArray[np.float16]:
    """(C, h, w) → (CHANNELS or fewer, h, w): the channels with the largest standard deviation, in their order."""
    chosen = maps.flatten(1).std(dim=1, correction=0).topk(min(CHANNELS, len(maps))).indices
    return np.asarray(maps[chosen.sort().values].half().numpy(), np.float16)


def time_pass(model: nn.Module, image: Tensor) -> float:
    """Seconds of one forward pass."""
    with torch.inference_mode():
        began = time.perf_counter()
        model(image)
        return time.perf_counter() - began


def support_box(gradient: NDArray[np.float32]) -> tuple[int, int]:
    """(height, width) in pixels of the smallest box around all pixels that influence the central one."""
    rows, cols = np.nonzero(gradient)
    return (int(np.ptp(rows)) + 1, int(np.ptp(cols)) + 1) if rows.size else (0, 0)


def effective_side(gradient: NDArray[np.float32], share: float = 0.95) -> int:
    """Side in pixels of the smallest square around the central pixel that holds this share of the gradient.

    "Effective receptive field": Luo, Li, Urtasun, Zemel, 2016, https://arxiv.org/abs/1701.04128.
    """
    height, width = gradient.shape
    return side_holding(share_within(gradient.astype(np.float64), (height // 2, width // 2)), share)
