"""The table of losses, and building one by its name."""

import inspect

from torch import Tensor

from segcore.errors import BadConfig, Message
from segcore.losses.base import Loss, LossCard
from segcore.losses.binary_cross_entropy import CARD as BINARY_CROSS_ENTROPY
from segcore.losses.boundary import CARD as BOUNDARY
from segcore.losses.ce_dice import CARD as CE_DICE
from segcore.losses.cross_entropy import CARD as CROSS_ENTROPY
from segcore.losses.dice import CARD as DICE
from segcore.losses.focal import SIGMOID_CARD as FOCAL_SIGMOID
from segcore.losses.focal import SOFTMAX_CARD as FOCAL_SOFTMAX
from segcore.losses.lovasz import CARD as LOVASZ
from segcore.losses.ohem import CARD as OHEM
from segcore.losses.squared_error import CARD as SQUARED_ERROR
from segcore.losses.tversky import CARD as TVERSKY

_CARDS = (
    CROSS_ENTROPY,
    DICE,
    CE_DICE,
    FOCAL_SOFTMAX,
    FOCAL_SIGMOID,
    TVERSKY,
    LOVASZ,
    OHEM,
    BOUNDARY,
    BINARY_CROSS_ENTROPY,
    SQUARED_ERROR,
)

LOSSES: dict[str, LossCard] = {card.name: card for card in _CARDS}
"""Name → card, in display order."""


def loss_options(name: str) -> dict[str, object]:
    """The options of a loss and their defaults, read from the signature of its class.

    Raises:
        BadConfig: unknown name.
    """
    parameters = inspect.signature(_card(name).build).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}


def build_loss(name: str, *, num_classes: int, class_weights: Tensor | None = None, **options: object) -> Loss:
    """The loss of that name in LOSSES, with options as listed by ``loss_options(name)``; see `Loss`.

    Raises:
        BadConfig: an unknown name or option, or an option out of its range.
        ValueError: num_classes < 1, or weights that are not K numbers >= 0.
    """
    card = _card(name)
    if num_classes < 1:
        raise ValueError(f"num_classes is {num_classes}, expected 1 or more.")
    known = loss_options(name)
    unknown = [option for option in options if option not in known]
    if unknown:
        raise BadConfig(
            "The loss {name!r} has no option {unknown}. Its options are: {known}.",
            name=name,
            unknown=[repr(option) for option in unknown],
            known=list(known) or Message("none"),
        )
    return card.build(num_classes, class_weights, **options)


def _card(name: str) -> LossCard:
    if name not in LOSSES:
        raise BadConfig("There is no loss called {name!r}. Choose one of: {known}.", name=name, known=list(LOSSES))
    return LOSSES[name]
