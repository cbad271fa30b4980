"""Online hard example mining (OHEM): the cross entropy of the hard pixels only.

The mean over all pixels becomes small long before boundaries and small objects are learnt. So only pixels whose true
class has a probability below ``thresh`` count, and if those are few, the hardest ``min_kept`` of all valid pixels:

    L = Σ w[y] · −log p[y]  /  Σ w[y]          over the kept pixels

The hard pixels are selected within the share of a batch that each process has; accumulated batches are one batch. A
process counts in proportion to the weight of its valid pixels, because the number of its hard ones is unknown until its
forward pass. In validation the hard pixels are selected within each image.

Paper    Shrivastava, Gupta, Girshick: "Training Region-based Object Detectors with Online Hard Example Mining",
         CVPR 2016, https://arxiv.org/abs/1604.03540
Differs  The paper selects boxes. Selecting pixels is the "online bootstrapping" of Wu, Shen, van den Hengel:
         "High-performance Semantic Segmentation Using Very Deep Fully Convolutional Networks", 2016,
         https://arxiv.org/abs/1604.04339. The minimum is a share, independent of the crop size.
"""

import math
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, LossCard, Term, checked_option, pixel_term, pixel_weights, prepare


class OhemCrossEntropy(Loss):
    """Cross entropy over the hard pixels of the batch; the unit is the pixel.

    Args:
        class_weights: (K,) weight of a pixel by its true class. They do not affect which pixels are hard.
        thresh: a pixel is hard while the probability of its true class is below this, 0 … 1.
        min_kept: at least this share of the valid pixels is kept, 0 … 1; 1 is plain cross entropy.
    """

    adds_up: ClassVar[bool] = False

    def __init__(
        self, num_classes: int, class_weights: Tensor | None = None, *, thresh: float = 0.7, min_kept: float = 0.0625
    ) -> None:
        super().__init__(num_classes, class_weights)
        self.thresh = checked_option("ohem", "thresh", thresh, 0.0, 1.0)
        self.min_kept = checked_option("ohem", "min_kept", min_kept, 0.0, 1.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term over the kept pixels. Shapes as in ``Loss.terms``."""
        pixels = prepare(logits, target, self.num_classes)
        losses = F.cross_entropy(pixels.logits, pixels.target, reduction="none")  # (N, H, W) −log p
        hard = hard_pixels(losses.detach(), pixels.valid, thresh=self.thresh, min_kept=self.min_kept)
        return (pixel_term(losses, pixel_weights(target, self.class_weights, losses.dtype) * hard),)


def hard_pixels(losses: Tensor, valid: Tensor, *, thresh: float, min_kept: float) -> Tensor:
    """Which pixels count: p < thresh, and at least the share ``min_kept`` of the valid pixels with all their equals.

    ``losses`` are −log p of the true class, of any shape, without a graph; ``valid`` and the result are bool.
    """
    if losses.numel() == 0:
        return valid
    hardest_first = losses.masked_fill(~valid, -math.inf).flatten().sort(descending=True).values
    kept_at_least = (valid.sum() * min_kept).ceil().long()
    # The loss of the last pixel of the minimum; the index is a tensor, so nothing waits for a GPU.
    last = hardest_first.gather(0, (kept_at_least - 1).clamp(min=0)[None])
    among_hardest = (losses >= last) & (kept_at_least > 0)
    below_thresh = losses > (-math.log(thresh) if thresh > 0 else math.inf)
    return (among_hardest | below_thresh) & valid


CARD = LossCard(
    name="ohem",
    title="OHEM cross entropy",
    summary="Cross entropy of the hard pixels only: boundaries and small objects.",
    paper="https://arxiv.org/abs/1604.03540",
    build=OhemCrossEntropy,
)
