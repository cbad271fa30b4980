"""Names of well-known classes and shipped models in the visitor's language; files keep the English names.

The texts are ``class.<name>`` and ``model.title.<title>``, with "_" for everything but letters and digits.
"""

import re

from segcore.text import DEFAULT, texts
from ui.text import spoken, t


def class_name(name: str) -> str:
    """The name of a class: Pascal VOC's, Cityscapes' and the like are translated, others stay as they are."""
    key = _key(name)
    return t(f"class.{key}") if _is_known("class", key) else name


def model_title(title: str) -> str:
    """The title of a model: those of the shipped checkpoints are translated, others stay as they are."""
    key = _key(title)
    return t(f"model.title.{key}") if _is_known("model.title", key) else title


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _is_known(kind: str, key: str) -> bool:
    """English texts are not used: they would change the spelling of a user's own class."""
    return spoken() != DEFAULT and f"{kind}.{key}" in texts(spoken())
