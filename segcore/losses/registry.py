"""The table of losses, and how to build one by its name."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from segcore.errors import BadConfig, Message
from segcore.losses.base import Loss
from segcore.losses.binary_cross_entropy import BinaryCrossEntropy
from segcore.losses.boundary import Boundary
from segcore.losses.ce_dice import CrossEntropyDice
from segcore.losses.cross_entropy import CrossEntropy
from segcore.losses.dice import Dice
from segcore.losses.focal import FocalSigmoid, FocalSoftmax
from segcore.losses.lovasz import Lovasz
from segcore.losses.ohem import OhemCrossEntropy
from segcore.losses.squared_error import SquaredError
from segcore.losses.tversky import Tversky


@dataclass(frozen=True)
class LossCard:
    """The fixed facts of a loss.

    Attributes:
        name: the key in LOSSES and in a configuration, lower case.
        title: as the field writes it.
        summary: one plain sentence: what it rewards and when to take it.
        paper: URL of the source; empty for what predates the field.
        build: the class; called as ``build(num_classes, class_weights, **options)``.
    """

    name: str
    title: str
    summary: str
    paper: str
    build: Callable[..., Loss]


_CARDS = (
    LossCard(
        name="cross_entropy",
        title="Cross entropy",
        summary="How surprised the network is by the true class of each pixel; the loss to begin with.",
        paper="https://arxiv.org/abs/1411.4038",
        build=CrossEntropy,
    ),
    LossCard(
        name="dice",
        title="Dice",
        summary="The overlap of each class with its truth: a small class counts like a large one.",
        paper="https://arxiv.org/abs/1606.04797",
        build=Dice,
    ),
    LossCard(
        name="ce_dice",
        title="Cross entropy + Dice",
        summary="Every pixel has a say, and so has every class; a safe choice for uneven classes.",
        paper="https://arxiv.org/abs/1904.08128",
        build=CrossEntropyDice,
    ),
    LossCard(
        name="focal_softmax",
        title="Focal (softmax)",
        summary="Cross entropy that fades out the pixels that are right already.",
        paper="https://arxiv.org/abs/1708.02002",
        build=FocalSoftmax,
    ),
    LossCard(
        name="focal_sigmoid",
        title="Focal (sigmoid, as in the paper)",
        summary="A yes/no question per class, with the easy answers faded out.",
        paper="https://arxiv.org/abs/1708.02002",
        build=FocalSigmoid,
    ),
    LossCard(
        name="tversky",
        title="Tversky",
        summary="Overlap with a price of its own for the imagined and for the missed pixels; finds more small things.",
        paper="https://arxiv.org/abs/1706.05721",
        build=Tversky,
    ),
    LossCard(
        name="lovasz",
        title="Lovász-softmax",
        summary="A smooth version of the IoU itself; good for the last epochs of a training.",
        paper="https://arxiv.org/abs/1705.08790",
        build=Lovasz,
    ),
    LossCard(
        name="ohem",
        title="OHEM cross entropy",
        summary="Cross entropy of the hard pixels only: borders and small things.",
        paper="https://arxiv.org/abs/1604.03540",
        build=OhemCrossEntropy,
    ),
    LossCard(
        name="boundary",
        title="Cross entropy + boundary",
        summary="A wrong pixel costs more the farther it is from the true outline.",
        paper="https://arxiv.org/abs/1812.07032",
        build=Boundary,
    ),
    LossCard(
        name="bce",
        title="Binary cross entropy",
        summary="A yes/no question per class, each answered by itself.",
        paper="",
        build=BinaryCrossEntropy,
    ),
    LossCard(
        name="mse",
        title="Squared error",
        summary="The squared distance of the probabilities from the truth; here to be compared with cross entropy.",
        paper="",
        build=SquaredError,
    ),
)

LOSSES: dict[str, LossCard] = {card.name: card for card in _CARDS}
"""Name → card, in the order to show them."""


def loss_options(name: str) -> dict[str, object]:
    """The options of a loss and their defaults, read from the signature of its class.

    Raises:
        BadConfig: no loss has that name.
    """
    parameters = inspect.signature(_card(name).build).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}


def build_loss(name: str, *, num_classes: int, class_weights: Tensor | None = None, **options: object) -> Loss:
    """The loss of that name.

    Args:
        name: a key of LOSSES.
        num_classes: K >= 1, background included.
        class_weights: (K,) finite, >= 0, or None.
        **options: as ``loss_options(name)`` lists them.

    Raises:
        BadConfig: an unknown name or option, or an option's value out of its range.
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
