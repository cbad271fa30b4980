"""Checkpoints that torchvision publishes: what they are. `published.json` has the facts, so that a list needs no torch.

A test compares the file with the installed torchvision.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from segcore import paths
from segcore.checkpoint.card import CheckpointCard
from segcore.checkpoint.library import SUFFIX
from segcore.palette import default_colours

_FACTS = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class PublishedCheckpoint:
    """A checkpoint that can be downloaded from its publisher; ``card.name`` is its name in the library.

    The name of the file at ``url`` ends in "-" and the first eight digits of its SHA-256.
    """

    card: CheckpointCard
    url: str
    size_mb: float

    @property
    def path(self) -> Path:
        """Path of the converted checkpoint."""
        return paths.downloads_dir() / f"{self.card.name}{SUFFIX}"

    @property
    def fetched(self) -> bool:
        """Whether it has been downloaded already."""
        return self.path.is_file()


@cache
def published_checkpoints() -> list[PublishedCheckpoint]:
    """The published checkpoints, from the fastest to the slowest."""
    facts = json.loads(_FACTS.read_text(encoding="utf-8"))
    shared = facts["shared"] | {"colours": default_colours(facts["shared"]["classes"])}
    return [_read(each, shared, facts["scores"]) for each in facts["checkpoints"]]


def _read(facts: dict[str, Any], shared: dict[str, Any], scores: list[dict[str, Any]]) -> PublishedCheckpoint:
    measured = [
        score | {"value": value, "source": facts["source"]}
        for score, value in zip(scores, facts["scores"], strict=True)
    ]
    own = {"architecture": f"torchvision/{facts['name']}", "scores": measured}
    card = CheckpointCard.model_validate(shared | own | {key: facts[key] for key in ("name", "title", "parameters")})
    return PublishedCheckpoint(card, facts["url"], facts["size_mb"])
