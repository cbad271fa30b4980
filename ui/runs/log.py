"""The end of a run's log, live, with a search. Only the end is read, so that a long log costs no more."""

import re
from collections.abc import Iterable
from html import escape

import streamlit as st

from segcore.formatting import byte_size
from segcore.runs import SEARCHED_BYTES, LogLine, Run, log_size, log_tail, search_log
from ui import state
from ui.text import plain, t, t_count

_SHOWN_LINES = 200
_MOST_HITS = 100
_BAD = re.compile(r"\b(\w*error|\w*exception|traceback|critical|fatal|failed)\b", re.IGNORECASE)
_WARNING = re.compile(r"\b\w*warn(ing)?\b", re.IGNORECASE)


def panel(run: Run, *, is_active: bool) -> None:
    """Draw the log in an expander; nothing is read while it is closed. Call it in a fragment that reruns."""
    with st.expander(t("runs.log"), icon=":material/notes:", key="runs.log", on_change="rerun") as expander:
        if not expander.open:
            return
        size = log_size(run.log_path)
        if size == 0:
            st.caption(t("runs.log.empty"))
            return
        with st.container(horizontal=True, vertical_alignment="bottom", key="log_bar"):
            searched = st.text_input(t("runs.log.search"), key="runs.log.search", icon=":material/search:").strip()
            end = _end(run, size) if is_active else None
            st.html(_whole(run, size))
        if searched:
            _matches(run, searched, end)
        else:
            st.html(_box(t("runs.log"), map(_toned, log_tail(run.log_path, _SHOWN_LINES, end=end))))


def _end(run: Run, size: int) -> int | None:
    """Bytes of the log when the reader paused it: it is shown as it was then; None while it is followed."""
    key = f"runs.log.{run.address}"
    paused: int | None = state.get(key, None)
    if st.toggle(t("runs.log.follow"), value=True, key="runs.log.follow"):
        paused = None
    elif paused is None:
        paused = size
    state.put(key, paused)
    return paused


def _matches(run: Run, searched: str, end: int | None) -> None:
    found = search_log(run.log_path, searched, most=_MOST_HITS, end=end)
    lines = [t_count("runs.log.hits", found.hits, words=plain(searched))]
    if found.hits > _MOST_HITS:
        lines.append(t("runs.log.last_hits", count=_MOST_HITS))
    if found.searched < found.size:
        lines.append(t("runs.log.bounded", searched=byte_size(SEARCHED_BYTES), size=byte_size(found.size)))
    st.caption(" ".join(lines))
    st.html(_box(t("runs.log"), (_found(line, searched) for line in found.lines)))


def _box(label: str, lines: Iterable[str]) -> str:
    """Lines of HTML in a box that stays scrolled to its end while lines arrive, and scrolls by keys."""
    body = "\n".join(lines)
    return f'<div class="seg-log" tabindex="0" role="region" aria-label="{escape(label)}"><pre>{body}</pre></div>'


def _found(line: LogLine, searched: str) -> str:
    """A line of the search results: hits are marked, neighbours are quiet, a rule shows where lines were left out."""
    gap = "" if line.follows else '<span class="gap"></span>'
    if not line.is_hit:
        return f'{gap}<span class="near">{escape(line.text)}</span>'
    pieces = re.split(f"({re.escape(searched)})", line.text, flags=re.IGNORECASE)
    marked = "".join(f"<mark>{escape(piece)}</mark>" if n % 2 else escape(piece) for n, piece in enumerate(pieces))
    return gap + _toned(line.text, marked)


def _toned(text: str, html: str | None = None) -> str:
    """A line as HTML, in the tone of its words."""
    html = escape(text) if html is None else html
    tone = "bad" if _BAD.search(text) else "busy" if _WARNING.search(text) else ""
    return f'<span class="tone-{tone}">{html}</span>' if tone else html


def _whole(run: Run, size: int) -> str:
    """The link to the whole log. Safe in HTML: the address of a run holds only letters, digits, "_", "-" and "~"."""
    text = escape(t("runs.log.whole", size=byte_size(size)))
    return f'<a class="seg-file" href="/api/runs/{run.address}/log" download="{run.address}-log.txt">{text}</a>'
