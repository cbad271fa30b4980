"""Training: a configuration, the parts made from it, one step, the loop, and the process around it."""

from segcore.train.config import CHANGEABLE, TrainConfig, make_config
from segcore.train.loop import Diverged, fit
from segcore.train.parts import Parts, build, data_folders
from segcore.train.speed import devices_here

__all__ = [
    "CHANGEABLE",
    "Diverged",
    "Parts",
    "TrainConfig",
    "build",
    "data_folders",
    "devices_here",
    "fit",
    "make_config",
]
