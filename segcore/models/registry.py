"""The registry of architectures, and the construction of a network from a name and options.

The options of an architecture are the keyword arguments of its class; their names, defaults and allowed values are read
from the signature.
"""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import ConfigDict, ValidationError, create_model
from torch import nn

from segcore.errors import BadConfig, Message, joined
from segcore.models import classifier, deconvnet, deeplab, encoder_unet, fcn, lraspp, pspnet, segnet, unet
from segcore.models.base import ModelCard
from segcore.models.former_names import accept_former_names, current_model

MODELS: dict[str, ModelCard] = {
    card.name: card
    for card in (
        unet.CARD,
        encoder_unet.CARD,
        *fcn.CARDS,
        segnet.CARD,
        deconvnet.CARD,
        pspnet.CARD,
        *deeplab.CARDS,
        lraspp.CARD,
    )
}
"""Every segmentation architecture by name."""

CLASSIFIERS: dict[str, ModelCard] = {classifier.CARD.name: classifier.CARD}
"""Networks that assign one class to a whole image: logits (N, K, 1, 1). Trained with the task "classification"."""

_ALL = MODELS | CLASSIFIERS


def model_options(name: str) -> dict[str, Any]:
    """Return the options of an architecture with their defaults.

    Raises:
        BadConfig: there is no such architecture.
    """
    return {option: parameter.default for option, parameter in _parameters(name).items()}


def build_model(name: str, *, num_classes: int, in_channels: int = 3, **options: Any) -> nn.Module:
    """Return a network of MODELS or CLASSIFIERS in training mode; it maps images (N, C, H, W) to ``SegOutput``.

    Its weights are random, except that an encoder may come pretrained: option ``encoder_weights``. ``"unet"`` with the
    option ``encoder``, as version 0.1 had it, builds ``"unet-encoder"``. ``num_classes`` is K, background included,
    1 … 255; ``in_channels`` is C, 1 … 1024; the options are those of ``model_options(name)``.

    Raises:
        BadConfig: unknown architecture or option, or a value that an option cannot have; all problems at once.
        BadCheckpoint: the file of encoder weights does not fit.
        NotAvailable: the encoder weights could not be downloaded.
    """
    name, options = current_model(name, options)
    problems, checked = _validated(name, num_classes, in_channels, options)
    if problems:
        raise BadConfig(
            "The model {name} cannot be built like this:\n  {problems}", name=name, problems=joined(problems, "\n  ")
        )
    return accept_former_names(_ALL[name].build(num_classes, in_channels=in_channels, **checked))


def _validated(
    name: str, num_classes: int, in_channels: int, options: dict[str, Any]
) -> tuple[list[Message], dict[str, Any]]:
    """Return the problems of the arguments of ``build_model``, and the options converted to their types."""
    parameters = _parameters(name)
    problems = [
        Message(
            "{option} is {value}; it must be a whole number from 1 to {most}.",
            option=option,
            value=repr(value),
            most=most,
        )
        for option, value, most in (("num_classes", num_classes, 255), ("in_channels", in_channels, 1024))
        if not (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most)
    ]
    found, checked = _checked(name, options)
    for option, value, text in found:
        if option in parameters:
            problems.append(Message("{option} is {value}: {problem}.", option=option, value=value, problem=text))
        else:
            known = list(parameters)
            problems.append(
                Message("There is no option {option!r}. The options are: {known}.", option=option, known=known)
            )
    return problems, checked


def option_problems(name: str, options: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return (option, value, problem) for each option of an architecture that is unknown or of a wrong type or range.

    Nothing is built. The problem of an option is a clause in English, such as "input should be a valid integer".

    Raises:
        BadConfig: there is no such architecture.
    """
    return _checked(name, options)[0]


def _checked(name: str, options: Mapping[str, Any]) -> tuple[list[tuple[str, str, str]], dict[str, Any]]:
    """Return the problems of options, see ``option_problems``, and the options converted to their types."""
    fields: dict[str, Any] = {p.name: (p.annotation, p.default) for p in _parameters(name).values()}
    try:
        model = create_model(f"{name} options", __config__=ConfigDict(extra="forbid"), **fields)(**options)
    except ValidationError as error:
        return [
            (str(each["loc"][0]), repr(each["input"]), each["msg"][:1].lower() + each["msg"][1:])
            for each in error.errors()
        ], {}
    return [], {option: getattr(model, option) for option in options}


def _parameters(name: str) -> dict[str, inspect.Parameter]:
    """Return the keyword arguments that a user may choose: all but ``in_channels`` and those that a card fixes."""
    if name not in _ALL:
        raise BadConfig("There is no model named {name!r}. Choose one of: {known}.", name=name, known=list(_ALL))
    build = _ALL[name].build
    fixed = set(build.keywords) if isinstance(build, partial) else set()
    return {
        parameter.name: parameter
        for parameter in inspect.signature(build).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in {"in_channels", *fixed}
    }
