"""Five architectures for segmentation: the output and the cost of each block, measured on the same image.

Shapes, parameters and MACs need no numbers: networks are built on PyTorch's meta device, where a forward pass takes
milliseconds and no memory. Time is measured on a network with random weights, because the time of a convolution does
not depend on the values of its weights.

A MAC is one multiplication and one addition to a sum. Convolutions, transposed convolutions and fully connected layers
are counted; normalisation, activations and interpolation are a few per cent of that and left out, as in the papers.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcore.explain.private_copy import recorded_outputs
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


@dataclass(frozen=True)
class Block:
    """A stage of a network, for one image.

    Attributes:
        name: module path.
        channels: of its output.
        height: of its output, in feature-map positions.
        width: likewise.
        parameters: learnable numbers.
        macs: MACs inside it.
    """

    name: str
    channels: int
    height: int
    width: int
    parameters: int
    macs: int

    @property
    def values(self) -> int:
        """Size of its output."""
        return self.channels * self.height * self.width


@dataclass(frozen=True)
class NetworkProfile:
    """Shapes and cost of a network for one image of a given size.

    Attributes:
        blocks: the stages of its card that it has, in the order of computation; a stage may lie inside another.
        parameters: of the whole network.
        macs: of the whole network.
        map_bytes: of the outputs of all counted layers, float32: about what training keeps in memory for one image.
        side: of the image, in pixels.
    """

    blocks: tuple[Block, ...]
    parameters: int
    macs: int
    map_bytes: int
    side: int


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


def randomise_weights(model: nn.Module, seed: int = 0) -> nn.Module:
    """Initialise weights after He et al. and normalisation layers with their defaults; return the model.

    He, Zhang, Ren, Sun, 2015, https://arxiv.org/abs/1502.01852: a variance of 2 / fan-in keeps the scale of activations
    from layer to layer, so that the last feature maps of an untrained network are not flat.
    """
    # Sampling forty million numbers takes longer than the forward pass; a million, repeated, serves as well.
    pool = torch.empty(_POOL).uniform_(-1, 1, generator=torch.Generator().manual_seed(seed))
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
    """Shapes and cost of each stage, from a forward pass of an empty image.

    Args:
        model: in evaluation mode, on the meta device or a private copy; its hooks are removed again.
        stages: module paths; those that do not run are left out.
        side: of the square image in pixels.
        in_channels: of the image.
    """
    modules = dict(model.named_modules())
    macs: dict[str, int] = {}
    map_bytes = 0

    def count(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            nonlocal map_bytes
            macs[name] = macs.get(name, 0) + macs_of(module, inputs[0], output)
            map_bytes += BYTES * output.numel()

        return hook

    hooks = [module.register_forward_hook(count(name)) for name, module in modules.items() if is_counted(module)]
    device = next(model.parameters()).device
    try:
        with torch.no_grad(), recorded_outputs(model, stages) as outputs:
            model(torch.zeros(1, in_channels, side, side, device=device))
    finally:
        for hook in hooks:
            hook.remove()
    blocks = []
    for name in (stage for stage in stages if stage in outputs):
        _, channels, height, width = outputs[name].shape
        inside = sum(number for layer, number in macs.items() if layer == name or layer.startswith(f"{name}."))
        blocks.append(Block(name, channels, height, width, parameters_of(modules[name]), inside))
    return NetworkProfile(tuple(blocks), parameters_of(model), sum(macs.values()), map_bytes, side)


def is_counted(module: nn.Module) -> bool:
    """Whether the MACs of a layer are counted."""
    return isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)


def macs_of(module: nn.Module, given: Tensor, output: Tensor) -> int:
    """MACs of one layer.

    A convolution sums k x k x C / groups products for each output value; a transposed convolution adds each input value
    to k x k x C' / groups positions.
    """
    weights = module.get_parameter("weight")
    each = weights[0].numel()  # of a convolution (C', C / groups, k, k), of a transposed one (C, C' / groups, k, k)
    return each * (given.numel() if isinstance(module, nn.ConvTranspose2d) else output.numel())


def parameters_of(model: nn.Module) -> int:
    """Number of learnable parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


# --- an image through a network with weights --------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """One image through a network.

    Attributes:
        maps: of each block, (CHANNELS or fewer, h, w) float16: the channels that vary most over the image.
        milliseconds: of each timed forward pass, one image, after a warm-up.
        threads: that computed it.
        gradient: (H, W) float32, Σ |∂ logit / ∂ pixel| over channels, for the largest logit of the central pixel.
    """

    maps: dict[str, NDArray[np.float16]]
    milliseconds: tuple[float, ...]
    threads: int
    gradient: NDArray[np.float32]

    @property
    def best_ms(self) -> float:
        """The fastest pass, least disturbed by other programs."""
        return min(self.milliseconds)


def record_pass(
    model: nn.Module, image: Tensor, blocks: Sequence[str], *, passes: int = 2, at_most: float = 0.15
) -> ForwardPass:
    """Record the feature maps of the blocks and the gradient of the central pixel; time the forward pass.

    Args:
        model: a private copy, in evaluation mode; its hooks are removed again.
        image: (1, C, H, W), normalised.
        blocks: module paths.
        passes: maximum of timed passes.
        at_most: seconds after which no further pass starts.
    """
    pixels = image.clone().requires_grad_()
    with recorded_outputs(model, blocks) as outputs:
        logits: Tensor = model(pixels).logits  # (1, K, H, W)
    row, col = logits.shape[-2] // 2, logits.shape[-1] // 2
    (gradient,) = torch.autograd.grad(logits[0, :, row, col].max(), pixels)
    took: list[float] = []
    while len(took) < passes and (not took or sum(took) < at_most):
        took.append(time_pass(model, image))
    milliseconds = tuple(1000 * seconds for seconds in took)
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
    row, col = height // 2, width // 2
    whole = float(gradient.sum())
    for reach in range(max(height, width)):
        inside = gradient[max(row - reach, 0) : row + reach + 1, max(col - reach, 0) : col + reach + 1]
        if float(inside.sum()) >= share * whole:
            return 2 * reach + 1
    return int(2 * max(height, width) + 1)
