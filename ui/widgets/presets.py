"""Presets: configurations that fill the training form.

A preset leaves the choice of data to the reader, except for the demo and for the classifier, which learns from images
without masks.
"""

from typing import Any

DEMO = "demo"

PRESETS: dict[str, dict[str, Any]] = {
    # Under a minute on two quiet CPU cores, mIoU about 0.73 at the end.
    DEMO: {
        "model": "unet",
        "options": {"width": 16, "depth": 3},
        "data": ["shapes:400:64"],
        "size": 64,
        "epochs": 10,
        "batch_size": 16,
        "workers": 0,
        "learning_rate": 3e-3,
        "schedule": "one_cycle",
        "augmentation": {"scale_min": 0.8, "scale_max": 1.25, "flip": 0.5},
        "precision": "32",
        "channels_last": "off",
        "device": "cpu",
        "log_every_steps": 2,
    },
    "balanced": {
        "model": "deeplabv3plus",
        "options": {"encoder": "mobilenet_v2", "encoder_weights": "imagenet"},
        "size": 288,
        "working_side": 384,
        "epochs": 40,
        "batch_size": 16,
        "encoder_rate": 0.2,
        "clip_norm": 5.0,
        "ema": 0.99,
        "schedule": "cosine",
        "warmup": 0.5,
        "augmentation": {"rotate_degrees": 10, "brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.05},
    },
    "best": {
        "model": "deeplabv3plus",
        "options": {"encoder": "resnet50", "encoder_weights": "imagenet"},
        "size": 480,
        "working_side": 640,
        "epochs": 120,
        "batch_size": 16,
        "workers": 8,
        "loss": "ce_dice",
        "encoder_rate": 0.1,
        "weight_decay": 0.02,
        "clip_norm": 5.0,
        "ema": 0.999,
        "schedule": "cosine",
        "warmup": 2.0,
        "augmentation": {
            "rotate_degrees": 12,
            "tilt": 0.05,
            "brightness": 0.4,
            "contrast": 0.4,
            "saturation": 0.4,
            "hue": 0.1,
            "blur": 0.1,
            "noise": 0.02,
            "class_aware_crop": 0.3,
        },
    },
    # About a minute on two quiet CPU cores.
    "classifier": {
        "task": "classification",
        "data": ["cifar10"],
        "epochs": 8,
        "workers": 0,
        "learning_rate": 2e-3,
        "schedule": "one_cycle",
        "precision": "32",
        "channels_last": "off",
    },
}
"""Settings that differ from the defaults of TrainConfig; the text of a preset is ``train.preset.<name>``."""
