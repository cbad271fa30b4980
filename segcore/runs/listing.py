"""Filtering and sorting of runs, shared by the page, the route that updates it, and the command line."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from segcore.runs.index import Entry
from segcore.runs.notes import shown_name

Archived = Literal["no", "yes", "all"]
ARCHIVED: tuple[Archived, ...] = get_args(Archived)
"""Archived runs are excluded, exclusively shown, or included."""

SORTS: dict[str, Callable[[Entry], Any]] = {
    "state": lambda entry: entry.facts.state,
    "name": lambda entry: shown_name(entry.run, entry.notes).casefold(),
    "model": lambda entry: entry.facts.model.casefold(),
    "data": lambda entry: entry.facts.data.casefold(),
    "best": lambda entry: entry.facts.best_miou,
    "epoch": lambda entry: entry.facts.done,
    "left": lambda entry: entry.facts.left,
    "speed": lambda entry: entry.facts.images_per_second,
    "device": lambda entry: entry.facts.device or None,
    "made": lambda entry: entry.facts.created,
    "size": lambda entry: entry.size,
    "star": lambda entry: entry.notes.star,
}
"""Sort keys of a list. A value of None is unknown and comes last in either direction."""


@dataclass(frozen=True)
class Wanted:
    """A filter and an order. An empty choice is no restriction.

    Attributes:
        text: words that must all occur in the names, the note, the tags, the model or the data; case-insensitive.
        states: any of these, as for the models and the data.
        tags: all of these; case-insensitive.
        sort: a key of SORTS.
        descending: the largest, the newest, the last of the alphabet first.
        live_first: active and queued runs before all others.
    """

    text: str = ""
    states: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    starred: bool = False
    archived: Archived = "no"
    sort: str = "made"
    descending: bool = True
    live_first: bool = True

    @property
    def restrictions(self) -> int:
        """Number of filters that are set, without the search."""
        chosen = (self.states, self.models, self.data, self.tags, self.starred, self.archived != "no")
        return sum(map(bool, chosen))


def listed(entries: Iterable[Entry], wanted: Wanted) -> list[Entry]:
    """The entries that pass the filter, in the given order; among equals the newest come first."""
    if wanted.sort not in SORTS:
        raise ValueError(f"runs are sorted by {', '.join(SORTS)}, not by {wanted.sort!r}")
    value = SORTS[wanted.sort]
    found = sorted((entry for entry in entries if _fits(entry, wanted)), key=SORTS["made"], reverse=True)
    known = [entry for entry in found if value(entry) is not None]
    unknown = [entry for entry in found if value(entry) is None]
    found = [*sorted(known, key=value, reverse=wanted.descending), *unknown]
    return sorted(found, key=lambda entry: not entry.facts.is_active) if wanted.live_first else found


def _fits(entry: Entry, wanted: Wanted) -> bool:
    facts, notes = entry.facts, entry.notes
    tags = {tag.casefold() for tag in notes.tags}
    return (
        (wanted.archived == "all" or notes.archived == (wanted.archived == "yes"))
        and (notes.star or not wanted.starred)
        and (facts.state in wanted.states or not wanted.states)
        and (facts.model in wanted.models or not wanted.models)
        and (facts.data in wanted.data or not wanted.data)
        and tags.issuperset(tag.casefold() for tag in wanted.tags)
        and _contains(entry, wanted.text)
    )


def _contains(entry: Entry, text: str) -> bool:
    words = text.casefold().split()
    if not words:
        return True
    notes = entry.notes
    searched = "\n".join(
        (entry.facts.name, notes.name, notes.text, *notes.tags, entry.facts.model, entry.facts.data)
    ).casefold()
    return all(word in searched for word in words)
