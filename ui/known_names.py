"""Names of well-known classes and shipped models in the visitor's language; files keep the English names.

The table behind them is in `segcore.text`, because reports need it too.
"""

from segcore import text
from ui.text import t


def class_name(name: str) -> str:
    """The name of a class: Pascal VOC's, Cityscapes' and the like are translated, others stay as they are."""
    return text.class_name(t, name)


def model_title(title: str) -> str:
    """The title of a model: those of the shipped checkpoints are translated, others stay as they are."""
    return text.model_title(t, title)
