"""Training: a configuration, the parts made from it, one step, the loop, and the process around it.

What is trained
    config      TrainConfig: everything that decides a run, checked before anything starts
    task        a class for every pixel, or one for a whole picture
    parts       from the configuration to data, model, loss and optimiser
    datasets    which images it sees
    optimiser   which weights move, how, and the average that follows them
    schedule    the learning rate as a function of the step
    speed       which arithmetic and memory layout is fastest here

The training itself
    step        one optimisation step
    loop        fit: epochs, validation, what is kept; to be read from top to bottom
    worst       the validation images that come out worst
    samples     a few images, epoch by epoch
    waiting     how long the loop waits for its data

The process around it
    worker      glue between a run's folder and the loop
    attempt     one attempt: from its last save to its end, or to whatever stops it
    resume      everything needed to go on as if nothing had happened
    failures    what ended it: a word, a sentence, and the facts that a remedy needs
    ending      SIGTERM as a wish to stop
    meters      what it uses of its machine
    ranks       the processes of one training, and how they agree
    several     starts and watches them, by torchrun's engine
    batchnorm   batch norm over all of them

Before and after
    preflight   what would go wrong, how long it takes, what it needs: trial, memory, findings
    lr_finder   a learning rate from one sweep
    crossval    the same training on several divisions of the data
    review      a validation image once more, predicted by the weights of a run
"""

from segcore.train.compute_mode import devices_here
from segcore.train.config import CHANGEABLE, TrainConfig, make_config
from segcore.train.loop import Diverged, fit
from segcore.train.parts import Parts, build
from segcore.train.training_data import data_folders

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
