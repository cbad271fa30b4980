"""Networks for semantic segmentation, and the classifier that they come from: the front door.

    MODELS["unet"]                                 the card: title, year, paper, idea
    model_options("unet")                          its options and their defaults
    build_model("unet", num_classes=3, width=16)   the network
    ENCODERS, build_encoder("resnet18")            the classification networks that most of them stand on
    CLASSIFIERS["classifier"]                      a classifier of small pictures, built by build_model too

One file is one architecture and reads beside its paper. ``base`` says what all of them promise.
"""

from segcore.models.base import ModelCard, SegOutput
from segcore.models.encoders import ENCODERS, Encoder, EncoderCard, build_encoder
from segcore.models.registry import CLASSIFIERS, MODELS, build_model, model_options

__all__ = [
    "CLASSIFIERS",
    "ENCODERS",
    "MODELS",
    "Encoder",
    "EncoderCard",
    "ModelCard",
    "SegOutput",
    "build_encoder",
    "build_model",
    "model_options",
]
