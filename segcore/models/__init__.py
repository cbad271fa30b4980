"""Networks for semantic segmentation, and the classifiers they are built on.

    MODELS["unet"]                                 the card: title, year, paper, idea
    model_options("unet")                          its options and their defaults
    build_model("unet", num_classes=3, width=16)   the network
    ENCODERS, build_encoder("resnet18")            classification networks that serve as encoders
    CLASSIFIERS["classifier"]                      a classifier of small images; build_model builds it too

One file is one architecture and is meant to be read beside its paper. ``base`` states what all of them guarantee.
"""

from segcore.models.base import SegOutput
from segcore.models.encoder_cards import ENCODERS
from segcore.models.encoder_weights import read_weights
from segcore.models.encoders import build_encoder
from segcore.models.former_names import current_model, current_names
from segcore.models.registry import CLASSIFIERS, MODELS, build_model, model_options, option_problems
