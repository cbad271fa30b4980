"""One prediction under several losses: the value pixel by pixel, the gradient, and the probability that minimises it.

The image has 100 pixels and a small square object. The network predicts "object" with one probability q in a whole
uncertain region and with FAINT elsewhere. It does not know where in the region the object is, so q is all that it can
choose. The loss is the mean of 100 numbers; for Dice each pixel's part of (FP + FN) / (2 TP + FP + FN).
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.losses import Loss, build_loss, mean_of

SIDE = 10
"""The image is SIDE x SIDE pixels."""
PIXELS = SIDE * SIDE
FAINT = 0.01
"""Probability of "object" outside the region."""

Region = Literal["spot", "shifted", "blurred", "flat"]
REGIONS: tuple[Region, ...] = ("spot", "shifted", "blurred", "flat")
"""A region twice as wide as the object; the object shifted by a pixel; a blurred region; the whole image."""

NAMES = ("cross_entropy", "weighted", "focal", "dice", "ce_dice", "bce", "mse")
"""Losses of the lesson; "weighted" is cross-entropy with class weights that balance both classes."""

Map = NDArray[np.float64]


def ground_truth_of(object_side: int) -> NDArray[np.bool_]:
    """(SIDE, SIDE): the object, in the middle.

    Raises:
        ValueError: object_side is not 1 … SIDE // 2.
    """
    if not 1 <= object_side <= SIDE // 2:
        raise ValueError(f"object_side is {object_side}; it must be 1 … {SIDE // 2}.")
    ground_truth = np.zeros((SIDE, SIDE), bool)
    begin = (SIDE - object_side) // 2
    ground_truth[begin : begin + object_side, begin : begin + object_side] = True
    return ground_truth


def region_of(answer: Region, object_side: int) -> Map:
    """(SIDE, SIDE): the uncertain region; 1 inside, 0 outside, between the two where it is blurred."""
    if answer == "flat":
        return np.ones((SIDE, SIDE))
    if answer == "shifted":
        return np.roll(ground_truth_of(object_side), (1, 1), axis=(0, 1)).astype(np.float64)
    region = np.zeros((SIDE, SIDE))
    wide = 2 * object_side
    begin = (SIDE - wide) // 2
    region[begin : begin + wide, begin : begin + wide] = 1
    if answer == "blurred":
        region = np.asarray(cv2.blur(region, (3, 3), borderType=cv2.BORDER_CONSTANT), np.float64)
    return region


def probabilities(region: Map, q: float) -> Map:
    """(SIDE, SIDE): probability of "object", q in the region and FAINT outside."""
    return FAINT + (q - FAINT) * region


def logits_of(probs: Map, name: str) -> Tensor:
    """(1, 2, SIDE, SIDE) float64 logits whose softmax, or for "bce" whose sigmoids, are these probabilities."""
    odds = torch.from_numpy(np.log(probs / (1 - probs)))
    half = odds if name == "bce" else odds / 2
    return torch.stack([-half, half])[None]


def loss_of(name: str, object_side: int, gamma: float) -> Loss:
    """The loss of that name for this object."""
    weights = class_weights(object_side) if name == "weighted" else None
    real = {"weighted": "cross_entropy", "focal": "focal_softmax"}.get(name, name)
    options = {"gamma": gamma} if name == "focal" else {}
    return build_loss(real, num_classes=2, class_weights=weights, **options).double()


def class_weights(object_side: int) -> Tensor:
    """(2,): 1 for the background; for the object the weight that balances both classes."""
    return torch.tensor([1.0, (PIXELS - object_side**2) / object_side**2])


@dataclass(frozen=True, eq=False)
class LossParts:
    """A prediction and its loss."""

    ground_truth: NDArray[np.bool_]  # (SIDE, SIDE) bool
    region: Map  # (SIDE, SIDE), 0 … 1, the uncertain region
    probs: Map  # (SIDE, SIDE), probability of "object"
    value: float  # the loss
    per_pixel: Map  # (SIDE, SIDE), their mean is the loss
    gradient: Map  # (SIDE, SIDE), PIXELS times the derivative of the loss with respect to the logit of "object"

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(SIDE, SIDE): where "object" is the more probable class."""
        return self.probs > 0.5

    @property
    def accuracy(self) -> float:
        """Pixel accuracy."""
        return float((self.mask == self.ground_truth).mean())

    @property
    def iou(self) -> float:
        """IoU of the object."""
        return float((self.mask & self.ground_truth).sum() / (self.mask | self.ground_truth).sum())


def loss_parts(name: str, answer: Region, object_side: int, q: float, gamma: float = 2.0) -> LossParts:
    """Value, parts and gradient of a loss in NAMES, for the probability q of "object" in the region, in (0, 1)."""
    ground_truth, region = ground_truth_of(object_side), region_of(answer, object_side)
    probs = probabilities(region, q)
    loss = loss_of(name, object_side, gamma)
    logits = logits_of(probs, name).requires_grad_()
    value = loss(logits, _target(ground_truth))
    (gradient,) = torch.autograd.grad(value, logits)
    per_pixel = _per_pixel(name, loss, logits.detach(), ground_truth, probs)
    return LossParts(ground_truth, region, probs, float(value.detach()), per_pixel, PIXELS * gradient[0, 1].numpy())


def _target(ground_truth: NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(ground_truth.astype(np.int64))[None]


def soft_counts(ground_truth: NDArray[np.bool_], probs: Map) -> tuple[tuple[float, float, float], ...]:
    """Soft TP, FP, FN, of the background and of the object."""
    both = ((~ground_truth, 1 - probs), (ground_truth, probs))
    return tuple((float(p[t].sum()), float(p[~t].sum()), float((1 - p)[t].sum())) for t, p in both)


def _per_pixel(name: str, loss: Loss, logits: Tensor, ground_truth: NDArray[np.bool_], probs: Map) -> Map:
    """(SIDE, SIDE): each pixel's part of the loss, times PIXELS."""
    if name == "dice":
        wrong = np.where(ground_truth, 1 - probs, probs)  # FN of one class and FP of the other
        wholes = [2 * tp + fp + fn for tp, fp, fn in soft_counts(ground_truth, probs)]
        return PIXELS * wrong * float(np.mean([1 / whole for whole in wholes]))
    if name == "ce_dice":
        alone = build_loss("cross_entropy", num_classes=2)
        pixels = _per_pixel("cross_entropy", alone, logits, ground_truth, probs)
        return pixels + _per_pixel("dice", loss, logits, ground_truth, probs)
    target = _target(ground_truth)
    whole = float(loss.terms(logits, target)[0].weight)
    parts = [
        float(loss.terms(logits[..., row, col, None, None], target[..., row, col, None, None])[0].total)
        for row in range(SIDE)
        for col in range(SIDE)
    ]
    return PIXELS / whole * np.array(parts).reshape(SIDE, SIDE)


PERCENTS = tuple(range(1, 100))
"""Values of q, in percent."""


def curve(name: str, answer: Region, object_side: int, gamma: float = 2.0) -> tuple[float, ...]:
    """The loss for each q of PERCENTS."""
    region, target = region_of(answer, object_side), _target(ground_truth_of(object_side))
    loss = loss_of(name, object_side, gamma)
    with torch.inference_mode():
        values = [mean_of(loss.terms(logits_of(probabilities(region, q / 100), name), target)) for q in PERCENTS]
    return tuple(float(value) for value in values)


def best_percent(losses: tuple[float, ...]) -> int:
    """The q, in percent, at which a curve is lowest."""
    return PERCENTS[int(np.argmin(losses))]
