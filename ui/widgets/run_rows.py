"""One page of the table of runs as texts, for the Runs page and for the route that keeps it up to date."""

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from segcore.formatting import byte_size, moment
from segcore.runs import Entry, Snapshot, Wanted, devices, listed, run_index, using, waiting
from ui.text import t
from ui.widgets import run_text, runs_query

PER_PAGE = 25

_NOTE_LETTERS = 120


class RunsTable(NamedTuple):
    """The table at one moment."""

    look: Snapshot  # all runs
    found: list[Entry]  # runs that pass the filters, in their order
    page: int  # from 1; one that exists
    rows: list[dict[str, Any]]  # of that page, each a mapping of texts and numbers for the browser

    @property
    def is_live(self) -> bool:
        """Whether any run may change by itself."""
        return any(entry.facts.is_active for entry in self.look.entries)

    @property
    def stamp(self) -> str:
        """Changes with everything that is drawn around the table: numbers of runs, queues of devices."""
        around = [len(self.look.entries), len(self.found), self.page, *self.look.problems]
        line = [(name, using(name), waiting(name)) for name in devices()]
        return f"{zlib.crc32(repr((around, line)).encode()):08x}"


def table(query: Callable[[str], str | None]) -> RunsTable:
    """The table of an address, read by ``query``: name → value, None if it has none."""
    wanted = runs_query.wanted(query)
    index = run_index()
    look = index.read(sizes=wanted.sort == "size")
    found = listed(look.entries, wanted)
    page = min(runs_query.page(query), runs_query.pages(len(found), PER_PAGE))
    shown = index.with_sizes(found[(page - 1) * PER_PAGE : page * PER_PAGE])
    return RunsTable(look, found, page, [_row(entry) for entry in shown])


def answer(query: Callable[[str], str | None]) -> dict[str, Any]:
    """The table for the browser, in the language of this run: ``rows``, ``stamp`` and whether any run is ``live``."""
    now = table(query)
    return {"rows": now.rows, "stamp": now.stamp, "live": now.is_live}


def choices(look: Snapshot, wanted: Wanted) -> dict[str, list[str]]:
    """Options of each filter: all values that occur, and chosen values that no longer occur."""
    return {
        "models": sorted({entry.facts.model for entry in look.entries if entry.facts.model} | {*wanted.models}),
        "data": sorted({entry.facts.data for entry in look.entries if entry.facts.data} | {*wanted.data}),
        "tags": tags(look, also=wanted.tags),
    }


def tags(look: Snapshot, also: tuple[str, ...] = ()) -> list[str]:
    """All tags of all runs, each in the spelling found first."""
    found: dict[str, str] = {}
    for tag in (*also, *(tag for entry in look.entries for tag in entry.notes.tags)):
        found.setdefault(tag.casefold(), tag)
    return [found[folded] for folded in sorted(found)]


def _row(entry: Entry) -> dict[str, Any]:
    facts, notes = entry.facts, entry.notes
    first, *more = notes.text.splitlines() or [""]
    note = first[:_NOTE_LETTERS]
    return {
        "name": entry.run.address,
        "title": facts.title,
        "state": run_text.progress(facts),
        "tone": run_text.tone(facts.state) or "",
        "model": facts.model or "—",
        "data": facts.data or "—",
        "best": run_text.best(facts),
        "epoch": run_text.epochs(facts),
        "share": facts.done / facts.epochs if facts.epochs else 0.0,
        "left": run_text.seconds(facts.left) if facts.is_active else "—",
        "speed": run_text.speed(facts),
        "device": facts.device or "—",
        "made": moment(facts.created),
        "size": "—" if entry.size is None else byte_size(entry.size),
        "star": notes.star,
        "note": note + ("…" if more or note != first else ""),
        "tags": [*notes.tags, *([t("runs.archived.mark")] if notes.archived else [])],
    }
