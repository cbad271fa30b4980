"""From a sample to the tensors a network is fed: augmentation for training, a fixed view for evaluation.

Everything that moves pixels is one 3 x 3 matrix, everything that changes colours one 3 x 4 matrix. OpenCV applies them
in 0.3 ms to a crop of 256 pixels on one thread, where torchvision.transforms.v2 takes 5 ms. Image (bilinear) and labels
(nearest neighbour) are resampled once, by the same matrix; pixels outside get the mean colour and the label IGNORE.

Every random number comes from one generator, seeded by the caller: the same (sample, seed) gives the same tensors.
"""

from typing import TYPE_CHECKING

from segcore.data.transforms.augmentation import Augmentation
from segcore.data.transforms.copy_paste import erase
from segcore.data.transforms.recolouring import jpeg_artefacts, recolour
from segcore.data.transforms.resizing import resize_image, resize_labels, working_size
from segcore.data.transforms.warping import warp_image, warp_labels
from segcore.lazy import lazy_names

if TYPE_CHECKING:
    from segcore.data.transforms.normalisation import Normalisation
    from segcore.data.transforms.pipelines import EvalTransform, TrainTransform

__getattr__ = lazy_names(  # these need torch
    __name__, {"normalisation": ["Normalisation"], "pipelines": ["EvalTransform", "TrainTransform"]}
)
