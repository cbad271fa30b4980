"""Checkpoints as version 0.1 wrote them: their cards and tensor names, with weights that are generated again.

``old/*.json`` hold what version 0.1 wrote into a file (its card, the name and shape of every tensor) and a sample of
the logits that it computed; ``old/*.safetensors`` is a small file that it wrote itself. Version 0.1 wrote all of them
with ``python -m tests.checkpoint.old_checkpoints``; run it again only to add a case, never to change one.
"""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

OLD = Path(__file__).with_name("old")
SAMPLED = slice(None, None, 8)  # every eighth row and column of the logits is compared

CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "unet": ("unet", {"width": 4}, 3),
    "unet-own-spelled-out": ("unet", {"width": 2, "encoder": "own", "encoder_weights": "none", "depth": 2}, 3),
    "unet-transposed-group": ("unet", {"width": 8, "up": "transposed", "norm": "group", "depth": 2}, 3),
    "unet-paper": ("unet", {"width": 4, "up": "transposed", "norm": "none", "padding": "valid"}, 3),
    "unet-resnet18": ("unet", {"width": 8, "encoder": "resnet18"}, 3),
    "unet-mobilenet": (
        "unet",
        {
            **{"width": 8, "encoder": "mobilenet_v2", "encoder_weights": "none", "up": "transposed"},
            **{"attention": "bilateral", "depth": 4, "padding": "same", "dilation": 1, "deformable": False},
        },
        3,
    ),
    "fcn16s": ("fcn16s", {"head_width": 4, "encoder": "mobilenet_v2"}, 3),
    "fcn8s": ("fcn8s", {"head_width": 4, "up": "transposed"}, 3),
    "segnet": ("segnet", {}, 3),
    "deconvnet": ("deconvnet", {"middle_width": 4}, 3),
    "pspnet": ("pspnet", {"encoder": "mobilenet_v2", "width": 8}, 3),
    "deeplabv3": ("deeplabv3", {"encoder": "mobilenet_v2", "aspp_width": 8, "aux": True}, 3),
    "deeplabv3plus": (
        "deeplabv3plus",
        {"encoder": "mobilenet_v2", "aspp_width": 8, "evidence": {"cat": 2, "dog": 3}},
        4,
    ),
    "lraspp": ("lraspp", {}, 3),
}


def generated(name: str, shape: tuple[int, ...]) -> Tensor:
    """The weights of one tensor: random, but always the same for its name and shape."""
    if name.endswith("num_batches_tracked"):
        return torch.tensor(1)
    noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape, np.float32)
    if name.endswith("running_var"):
        return torch.from_numpy(1 + 0.1 * noise**2)
    if len(shape) < 2:
        return torch.from_numpy(np.asarray((name.endswith("weight") and 1) + 0.1 * noise, np.float32))
    return torch.from_numpy(noise * np.float32(np.sqrt(2 / np.prod(shape[1:]))))


def image() -> Tensor:
    """(1, 3, 40, 56), the same every time."""
    return torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, 40, 56), np.float32))


def written_by_0_1(case: str, folder: Path) -> tuple[Path, np.ndarray]:
    """A checkpoint file as version 0.1 wrote it, and a sample of the logits that it computed with it."""
    old = json.loads((OLD / f"{case}.json").read_text(encoding="utf-8"))
    path = folder / f"{case}.safetensors"
    if (OLD / path.name).is_file():
        return OLD / path.name, np.array(old["logits"])
    tensors = {name: generated(name, tuple(shape)) for name, shape in old["tensors"].items()}
    save_file(tensors, path, metadata={"segcore": json.dumps(old["card"])})
    return path, np.array(old["logits"])


def _write() -> None:
    from segcore.checkpoint import CheckpointCard, load_checkpoint, save_checkpoint
    from segcore.checkpoint.card import CARD_KEY
    from segcore.models import build_model

    for case, (architecture, options, k) in CASES.items():
        if (OLD / f"{case}.json").exists():
            continue
        card = CheckpointCard(
            name=case, title=case, architecture=architecture, options=options, mean=(0.5,) * 3, std=(0.2,) * 3,
            classes=tuple("abcd"[:k]), colours=((0, 0, 0), (9, 9, 9), (99, 9, 9), (9, 99, 9))[:k],
        )  # fmt: skip
        model = build_model(architecture, num_classes=k, **options)
        shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
        model.load_state_dict({name: generated(name, tuple(shape)) for name, shape in shapes.items()})
        path = OLD / f"{case}.safetensors"
        save_checkpoint(path, model, card)
        with torch.inference_mode():
            logits = load_checkpoint(path).model(image()).logits[0, :, SAMPLED, SAMPLED]
        assert logits.isfinite().all() and logits.std() > 1e-3, case
        from safetensors import safe_open

        with safe_open(path, framework="numpy") as file:
            stored = json.loads(file.metadata()[CARD_KEY])
        text = json.dumps({"card": stored, "tensors": shapes, "logits": logits.tolist()}, separators=(",", ":"))
        (OLD / f"{case}.json").write_text(text + "\n", encoding="utf-8")
        print(case, round(float(logits.abs().mean()), 3), path.stat().st_size)
        if path.stat().st_size > 40_000:
            path.unlink()


if __name__ == "__main__":
    _write()
