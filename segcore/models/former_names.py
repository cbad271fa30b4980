"""Names that version 0.1 used: its checkpoints, saved training states and run specifications still work."""

from collections.abc import Container, Mapping
from typing import Any

from torch import Tensor, nn

_FORMER_MODULES = {"deepest": "bottleneck", "enlarge": "upsample", "clean": "attention", "looks": "branches"}
"""Former name of a module → its present name."""

_FIXED_BY_ENCODER = {"depth": 4, "padding": "same", "dilation": 1, "deformable": False}
"""Options of "unet" that a pretrained encoder fixes, and their values."""


def current_model(name: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the present name and options of a model.

    In version 0.1 the U-Net on a pretrained encoder was "unet" with the option ``encoder``; ``encoder="own"`` was
    U-Net's own encoder.
    """
    current = dict(options)
    if name != "unet":
        return name, current
    if current.get("encoder", "own") == "own":
        current.pop("encoder", None)
        if current.get("encoder_weights") == "none":
            del current["encoder_weights"]
        return name, current
    fixed = _FIXED_BY_ENCODER.items()
    return "unet-encoder", {key: value for key, value in current.items() if (key, value) not in fixed}


def current_names(tensors: Mapping[str, Tensor], wanted: Container[str]) -> dict[str, Tensor]:
    """Return the tensors of a state dict under the present names of their modules, those ``wanted`` unchanged."""
    return {name if name in wanted else _current_name(name): tensor for name, tensor in tensors.items()}


def accept_former_names(model: nn.Module) -> nn.Module:
    """Let ``model.load_state_dict`` accept the names of version 0.1; return the model."""
    model.register_load_state_dict_pre_hook(_rename)
    return model


def _rename(model: nn.Module, state: dict[str, Tensor], prefix: str, *_: Any) -> None:
    renamed = current_names(state, {f"{prefix}{name}" for name in model.state_dict()})
    state.clear()
    state.update(renamed)


def _current_name(name: str) -> str:
    return ".".join(_FORMER_MODULES.get(part, part) for part in name.split("."))
