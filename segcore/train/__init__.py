"""Training: a configuration, the parts built from it, one step, the loop, and the process around it.

The core, to be read in this order
    config              TrainConfig: everything that determines a run; its fields (config_fields), rules that combine
                        them (config_rules)
    parts               data, model, loss and optimiser, built from the configuration
    step                one optimisation step
    loop                fit: epochs, validation, checkpoints
    schedule            the learning rate as a function of the step
    optimiser           parameter groups, frozen levels, EMA weights

What it uses
    training_data       the datasets opened, split and mixed
    compute_mode        device, precision and memory layout
    primary_metric      mIoU or accuracy, in events and on cards
    image_scores        the worst validation images
    collectives         communication between the ranks of a distributed training
    sync_batchnorm      batch normalisation over all ranks
    process/            from a run's folder to the loop: worker, attempt, distributed, signals, resume, failures, meters
    checks/             before a training: validation, preflight, learning-rate finder

Afterwards
    cross_validation    the same training on several splits of the data
    review              predictions of a run on one of its validation images
"""

from segcore.train.compute_mode import devices_here
from segcore.train.config import CHANGEABLE, TrainConfig, make_config
from segcore.train.loop import Callbacks, Diverged, fit
from segcore.train.parts import Parts, build
from segcore.train.training_data import data_folders

__all__ = [
    "CHANGEABLE",
    "Callbacks",
    "Diverged",
    "Parts",
    "TrainConfig",
    "build",
    "data_folders",
    "devices_here",
    "fit",
    "make_config",
]
