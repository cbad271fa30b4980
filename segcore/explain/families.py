"""Five families of segmentation networks under one budget: what each block puts out, and what it costs.

Everything but the time follows from shapes, and shapes need no numbers: networks are built on PyTorch's meta device,
where a forward pass takes milliseconds and no memory, whatever the size. Time is measured, on a network with random
weights: how long a convolution takes does not hang on what its weights are.

A multiply-add is one product and its addition to a sum. Counted are those of convolutions, transposed convolutions and
fully connected layers; norms, activations and interpolation are a few per cent of that and are left out, as papers do.
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

from segcore.models import MODELS, build_model

FAMILIES: Mapping[str, str] = {
    "fcn": "fcn8s",
    "segnet": "segnet",
    "unet": "unet",
    "pspnet": "pspnet",
    "deeplab": "deeplabv3plus",
}
"""Family → a name of MODELS, in the order of the papers. FCN's stride 16 and 32 are fcn16s and fcn32s."""

NUM_CLASSES = 21
"""As many as Pascal VOC has, on which all five papers report."""

CHANNELS = 8
"""Of a block so many maps are kept to be looked at."""

BYTES = 4  # of a float32
_POOL = 2**20


@dataclass(frozen=True)
class Block:
    """A stage of a network, as one image goes through it.

    Attributes:
        name: module path.
        channels: of what it puts out …
        height: … and its size, in cells.
        width: likewise.
        parameters: numbers that it learns.
        macs: multiply-adds inside it.
    """

    name: str
    channels: int
    height: int
    width: int
    parameters: int
    macs: int

    @property
    def values(self) -> int:
        """Numbers in what it puts out."""
        return self.channels * self.height * self.width


@dataclass(frozen=True)
class Anatomy:
    """A network and one image of a size, reckoned without a single number of either.

    Attributes:
        blocks: the stages of its card that it has, in the order of computation; a stage may lie inside another.
        parameters: of the whole network.
        macs: of the whole network.
        map_bytes: of what all its convolutions put out, float32: about what training has to keep of one image.
        side: of the image, in pixels.
    """

    blocks: tuple[Block, ...]
    parameters: int
    macs: int
    map_bytes: int
    side: int


def options_of(family: str, width: int, stride: int) -> tuple[str, dict[str, Any]]:
    """What is built for a family: the name of a model and its options.

    Args:
        family: a key of FAMILIES.
        width: D, 8 … 64. At 64 the widths are the papers': U-Net's first level D, FCN's head 16 D, the pyramid of
            PSPNet 8 D, the ASPP of DeepLab 4 D. SegNet is VGG-16 and its mirror image, which has one width only.
        stride: 8, 16 or 32. Of PSPNet and DeepLab the output stride of the encoder; of FCN the finest map that is
            scored; of U-Net the deepest map. SegNet has 32.
    """
    match family:
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
    raise ValueError(f"there is no family {family!r}; known: {', '.join(FAMILIES)}")


def build_family(family: str, width: int, stride: int, *, device: str = "meta") -> nn.Module:
    """The network of a family in evaluation mode; on "meta" without numbers, on "cpu" with random ones."""
    name, options = options_of(family, width, stride)
    with torch.device("meta"):
        model = build_model(name, num_classes=NUM_CLASSES, **options).eval().requires_grad_(False)
    return model if device == "meta" else fill_at_random(model.to_empty(device=device))


def fill_at_random(model: nn.Module, seed: int = 0) -> nn.Module:
    """Give a network random weights of He's spread, and its norms their beginnings.

    He, Zhang, Ren, Sun, 2015, https://arxiv.org/abs/1502.01852: a variance of 2 / fan-in keeps the size of the numbers
    from layer to layer, so that the last map of an untrained network still has something to show.
    """
    # Drawing forty million numbers takes longer than the pass that is to be seen; a million, repeated, does as well.
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
    """The stages of an architecture's card that this build of it has; a deeper build of U-Net has more of them."""
    modules = dict(model.named_modules())
    if name == "unet" and "bottleneck" in modules:
        down = [path for path in modules if path.startswith("down.") and path.count(".") == 1]
        up = [path for path in modules if path.startswith("up.") and path.count(".") == 1]
        return (*down, "bottleneck", *up, "head")
    return tuple(stage for stage in MODELS[name].stages if stage in modules) if name in MODELS else ()


# --- shapes, parameters, multiply-adds --------------------------------------------------------------------------------


def anatomy(model: nn.Module, stages: Sequence[str], side: int, *, in_channels: int = 3) -> Anatomy:
    """Send an empty image through a network, and note what every layer does.

    Args:
        model: in evaluation mode, on the meta device or a private copy; hooks are put in and taken out again.
        stages: module paths.
        side: of the square image in pixels.
        in_channels: of the image.
    """
    macs: dict[str, int] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    map_bytes = 0

    def count(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            nonlocal map_bytes
            macs[name] = macs.get(name, 0) + macs_of(module, inputs[0], output)
            map_bytes += BYTES * output.numel()

        return hook

    def look(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            shapes[name] = tuple(output.shape)

        return hook

    modules = dict(model.named_modules())
    device = next(model.parameters()).device
    hooks = [modules[name].register_forward_hook(count(name)) for name in modules if is_counted(modules[name])]
    hooks += [modules[name].register_forward_hook(look(name)) for name in stages]
    try:
        with torch.no_grad():
            model(torch.zeros(1, in_channels, side, side, device=device))
    finally:
        for hook in hooks:
            hook.remove()
    blocks = []
    for name in (stage for stage in stages if stage in shapes):
        _, channels, height, width = shapes[name]
        inside = sum(number for layer, number in macs.items() if layer == name or layer.startswith(f"{name}."))
        blocks.append(Block(name, channels, height, width, parameters_of(modules[name]), inside))
    return Anatomy(tuple(blocks), parameters_of(model), sum(macs.values()), map_bytes, side)


def is_counted(module: nn.Module) -> bool:
    """Whether a layer's multiply-adds count."""
    return isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)


def macs_of(module: nn.Module, given: Tensor, output: Tensor) -> int:
    """Multiply-adds of one layer.

    A convolution sums k x k x C / groups products for every number that it puts out. A transposed convolution spreads
    every number that it is given over k x k x C' / groups places.
    """
    weights = module.get_parameter("weight")
    each = weights[0].numel()  # of a convolution (C', C / groups, k, k), of a transposed one (C, C' / groups, k, k)
    return each * (given.numel() if isinstance(module, nn.ConvTranspose2d) else output.numel())


def parameters_of(model: nn.Module) -> int:
    """Numbers that are learnt."""
    return sum(parameter.numel() for parameter in model.parameters())


# --- a real image through a real network ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pass:
    """One image through a network with numbers.

    Attributes:
        maps: of each block, (CHANNELS or fewer, h, w) float16: the channels that vary most over the image.
        milliseconds: of each timed forward pass, one image; the pass before them, which prepares, is not among them.
        threads: that computed it.
        gradient: (H, W) float32, |∂ logit / ∂ pixel| summed over channels, of the strongest logit of the middle pixel.
    """

    maps: dict[str, NDArray[np.float16]]
    milliseconds: tuple[float, ...]
    threads: int
    gradient: NDArray[np.float32]

    @property
    def best_ms(self) -> float:
        """The fastest of the timed passes: the others were disturbed more."""
        return min(self.milliseconds)


def look(model: nn.Module, image: Tensor, blocks: Sequence[str], *, passes: int = 2, at_most: float = 0.15) -> Pass:
    """Keep the maps of the blocks and the field of the middle pixel; time the pass.

    Args:
        model: a private copy, in evaluation mode; hooks are put in and taken out again.
        image: (1, C, H, W) as the network sees it.
        blocks: module paths.
        passes: timed, at most …
        at_most: … but no new one is begun after so many seconds.
    """
    maps: dict[str, NDArray[np.float16]] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            values = output[0].detach()  # (C, h, w)
            most = values.flatten(1).std(dim=1, correction=0).topk(min(CHANNELS, len(values))).indices
            maps[name] = values[most.sort().values].half().numpy()

        return hook

    hooks = [model.get_submodule(name).register_forward_hook(keep(name)) for name in blocks]
    pixels = image.clone().requires_grad_()
    try:
        logits: Tensor = model(pixels).logits  # (1, K, H, W)
    finally:
        for hook in hooks:
            hook.remove()
    row, col = logits.shape[-2] // 2, logits.shape[-1] // 2
    (gradient,) = torch.autograd.grad(logits[0, :, row, col].max(), pixels)
    took: list[float] = []
    while len(took) < passes and (not took or sum(took) < at_most):
        took.append(seconds_of(model, image))
    milliseconds = tuple(1000 * seconds for seconds in took)
    return Pass(maps, milliseconds, torch.get_num_threads(), gradient[0].abs().sum(dim=0).numpy())


def seconds_of(model: nn.Module, image: Tensor) -> float:
    """One forward pass, by the clock on the wall."""
    with torch.inference_mode():
        began = time.perf_counter()
        model(image)
        return time.perf_counter() - began


def box_of(gradient: NDArray[np.float32]) -> tuple[int, int]:
    """(height, width) in pixels of the smallest box with everything that the middle pixel depends on."""
    rows, cols = np.nonzero(gradient)
    return (int(np.ptp(rows)) + 1, int(np.ptp(cols)) + 1) if rows.size else (0, 0)


def side_of_share(gradient: NDArray[np.float32], share: float = 0.95) -> int:
    """Side in pixels of the smallest square around the middle pixel that holds so much of the gradient.

    "Effective receptive field": Luo, Li, Urtasun, Zemel, 2016, https://arxiv.org/abs/1701.04128.
    """
    height, width = gradient.shape
    row, col = height // 2, width // 2
    whole = float(gradient.sum())
    for reach in range(max(height, width)):
        inside = gradient[max(row - reach, 0) : row + reach + 1, max(col - reach, 0) : col + reach + 1]
        if float(inside.sum()) >= share * whole:
            return 2 * reach + 1
    return 2 * max(height, width) + 1
