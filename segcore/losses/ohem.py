"""Online hard example mining: the cross entropy of the hard pixels only.

Most pixels of a photo are inner pixels of large things and are soon right; the mean over all of them is small long
before borders and small things are learnt. So only pixels count whose true class has a probability below ``thresh``,
and if those are few, the hardest ``min_kept`` of all valid pixels:

    L = Σ w[y] · −log p[y]  /  Σ w[y]          over the kept pixels

Paper    Shrivastava, Gupta, Girshick: "Training Region-based Object Detectors with Online Hard Example Mining",
         CVPR 2016, https://arxiv.org/abs/1604.03540
Differs  The paper picks boxes. Picking pixels is the "online bootstrapping" of Wu, Shen, van den Hengel:
         "High-performance Semantic Segmentation Using Very Deep Fully Convolutional Networks", 2016,
         https://arxiv.org/abs/1604.04339. Here the minimum is a share, so that it does not depend on the size of crops.
"""

import math

import torch.nn.functional as F
from torch import Tensor

from segcore.losses.base import Loss, Term, checked_option, enter, pixel_term, pixel_weights


class OhemCrossEntropy(Loss):
    """Cross entropy over the hard pixels of the batch.

    The unit is the pixel, but which pixels are kept is decided batch by batch.

    Args:
        num_classes: K, background included.
        class_weights: (K,) weight of a pixel by its true class. They do not change which pixels are hard.
        thresh: a pixel is hard while the probability of its true class is below this, 0 … 1.
        min_kept: at least this share of the valid pixels is kept, 0 … 1; 1 is plain cross entropy.

    Raises:
        BadConfig: an option is no number from 0 to 1.
    """

    def __init__(
        self,
        num_classes: int,
        class_weights: Tensor | None = None,
        *,
        thresh: float = 0.7,
        min_kept: float = 0.0625,
    ) -> None:
        super().__init__(num_classes, class_weights)
        self.thresh = checked_option("ohem", "thresh", thresh, 0.0, 1.0)
        self.min_kept = checked_option("ohem", "min_kept", min_kept, 0.0, 1.0)

    def terms(self, logits: Tensor, target: Tensor) -> tuple[Term, ...]:
        """One term over the kept pixels. Shapes as in ``Loss.terms``."""
        pixels = enter(logits, target, self.num_classes)
        surprise = F.cross_entropy(pixels.logits, pixels.target, reduction="none")  # (N, H, W) −log p
        keep = hard_pixels(surprise.detach(), pixels.valid, thresh=self.thresh, min_kept=self.min_kept)
        return (pixel_term(surprise, pixel_weights(pixels, self.class_weights) * keep),)


def hard_pixels(surprise: Tensor, valid: Tensor, *, thresh: float, min_kept: float) -> Tensor:
    """Which pixels count.

    Args:
        surprise: −log p of the true class, any shape, without a graph.
        valid: bool, that shape.
        thresh: hard is p < thresh.
        min_kept: share of the valid pixels that is kept at least; pixels as hard as the last one are kept too.

    Returns:
        Bool, that shape.
    """
    if surprise.numel() == 0:
        return valid
    hardest_first = surprise.masked_fill(~valid, -math.inf).flatten().sort(descending=True).values
    kept_at_least = (valid.sum() * min_kept).ceil().long()
    # The surprise of the last pixel of the minimum; the index is a tensor, so no GPU is waited for.
    last = hardest_first.gather(0, (kept_at_least - 1).clamp(min=0)[None])
    among_hardest = (surprise >= last) & (kept_at_least > 0)
    below_thresh = surprise > (-math.log(thresh) if thresh > 0 else math.inf)
    return (among_hardest | below_thresh) & valid
