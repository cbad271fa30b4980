"""Training: a configuration, the parts built from it, one step, the loop, and the process around it.

To be read in this order: ``config``, ``parts``, ``step``, ``loop``. ``process`` leads from a run's folder to the loop;
``checks`` come before a training.
"""

from segcore.train.compute_mode import devices_here
from segcore.train.config import CHANGEABLE, TrainConfig, make_config
from segcore.train.loop import Callbacks, fit
from segcore.train.parts import build
from segcore.train.training_data import data_folders
