"""What belongs to one visitor: the only file that touches ``st.session_state`` and the query of the address.

Everything here is lost when the tab closes, so nothing of lasting value is kept here. Keys of widgets begin with
the page's name; what is ours and not a widget's begins with an underscore.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from segcore.types import LabelMap
from ui import text

T = TypeVar("T")


@dataclass(frozen=True)
class Photo:
    """A photo that the visitor gave, still encoded: ten decoded phone photos would take half a gigabyte.

    Attributes:
        image_id: sha256 of ``data``.
        name: as the visitor's system calls it. Text, never HTML or Markdown.
        data: the file.
    """

    image_id: str
    name: str
    data: bytes


def _kept(key: str, default: T) -> T:
    """What lies under a key of our own; the default is put there at first."""
    kept: T = st.session_state.setdefault(key, default)
    return kept


# --- language and address -------------------------------------------------------------------------------------------


def language() -> str:
    """The visitor's language: of the address (``?lang=``) or as chosen before, else of the browser, else English.

    Once chosen it stays in the address over a change of page, which would drop it. To be asked first in a run.
    """
    _catch_up()
    asked = wish("lang") or st.session_state.get("_language.chosen")
    language = text.best_language(asked, st.context.locale)
    if asked is not None:
        choose_language(language)
        st.session_state["_address.lang"] = language
    # In any case: after a link to the page that is shown already, the browser would still show the old address.
    _write_address(st.query_params.to_dict() | ({"lang": language} if asked is not None else {}))
    if _kept("_language", language) != language:
        _hold_choices()
        st.session_state["_language"] = language
    return language


def choose_language(language: str) -> None:
    """Speak another language from the next run on."""
    st.session_state["_language.chosen"] = language


def _hold_choices() -> None:
    """Let every choice outlive a change of language.

    Browsers know the choices of a menu by their words. After a change of language they would send words that the menu
    no longer has, and the choice would be lost. A value that is set here is sent to the browser in its new words.
    """
    for key, value in st.session_state.items():
        words = value if isinstance(value, list | tuple) else [value]
        if not str(key).startswith("_") and words and all(isinstance(word, str) for word in words):
            st.session_state[key] = value


def wish(name: str) -> str | None:
    """What the address asks for, if it is news: a link that was followed, an address that was typed, or "Back".

    Whoever wrote the address may have written anything. Check it.
    """
    value = st.query_params.get(name)
    return None if value == st.session_state.get(f"_address.{name}") else value


def address(name: str) -> str | None:
    """What the address says at this moment, news or not. Check it: anybody may have written it."""
    value: str | None = st.query_params.get(name)
    return value


def remember_in_address(**values: str | None) -> None:
    """Write values to the address, so that a copied link shows the same; None takes one out."""
    for name, value in values.items():
        st.session_state[f"_address.{name}"] = value
    before = st.query_params.to_dict()
    after = {name: value for name, value in (before | values).items() if value is not None}
    if after != before:
        _write_address(after)


def _write_address(values: dict[str, str]) -> None:
    """All at once: each writing is a step for the browser's "Back"."""
    unread = _unread()
    if not unread:
        unread.append(st.query_params.to_dict())
    unread.append(dict(values))
    if values:
        st.query_params.from_dict(values)
    else:
        st.query_params.clear()


def _unread() -> list[dict[str, str]]:
    """The addresses of this page that the browser may still have: the last one it sent, then those written since."""
    run = get_script_run_ctx()
    return _kept(f"_address.unread.{run.page_script_hash if run else ''}", [])


def _catch_up() -> None:
    """Pass over the echo of an older address.

    A visitor who presses something while the server still works sends along the address that the browser has, not the
    one that was written meanwhile. Taken for a wish, it would undo the choice before. "Back" sends an older address,
    too, and means it; Streamlit tells the two apart.
    """
    run, unread, now = get_script_run_ctx(), _unread(), st.query_params.to_dict()
    if unread and run and not run.is_history_navigation and now != unread[-1] and now in unread:
        _write_address(unread[-1])
    else:
        unread.clear()


def forget_address(names: Iterable[str]) -> None:
    """Whatever the address says under these names is news again: another part of the page uses them from now on."""
    for name in names:
        st.session_state.pop(f"_address.{name}", None)


# --- widgets --------------------------------------------------------------------------------------------------------


def widget(key: str) -> Any:
    """The present value of a widget; None before it was first drawn."""
    return st.session_state.get(key)


def set_widget(key: str, value: Any) -> None:
    """Change a widget's value; only possible before it is drawn in this run."""
    st.session_state[key] = value


def fresh_key(name: str) -> str:
    """The present key of a widget that `empty_widget` can empty."""
    return f"{name}.{_kept(f'_{name}.turn', 0)}"


def empty_widget(name: str) -> None:
    """Forget what a widget holds, by giving it a new key: an uploader cannot be emptied otherwise."""
    st.session_state[f"_{name}.turn"] = _kept(f"_{name}.turn", 0) + 1


def first_time(what: str) -> bool:
    """True the first time that a session asks."""
    new = f"_first.{what}" not in st.session_state
    st.session_state[f"_first.{what}"] = False
    return new


def news(what: str, value: object) -> bool:
    """Whether a value differs from the one of the last time this was asked."""
    before = st.session_state.get(f"_news.{what}")
    st.session_state[f"_news.{what}"] = value
    return before != value


def kept(name: str, default: T) -> T:
    """A value of a page's own that no widget holds; the default at first."""
    return _kept(f"_{name}", default)


def keep(name: str, value: object) -> None:
    """Put such a value there."""
    st.session_state[f"_{name}"] = value


# --- the Segment page -----------------------------------------------------------------------------------------------


def photos() -> dict[str, Photo]:
    """The visitor's own photos by image_id, in the order in which they came. They outlive a change of page."""
    return _kept("_segment.photos", {})


def selected() -> str | None:
    """What is looked at: the name of a sample or the image_id of an own photo; None before any choice."""
    choice: str | None = st.session_state.get("_segment.selected")
    return choice


def select(choice: str) -> None:
    """Look at another sample or photo."""
    st.session_state["_segment.selected"] = choice


def problems() -> list[str]:
    """Sentences about files that could not be used, to be shown until the next attempt."""
    return _kept("_segment.problems", [])


def set_problems(sentences: list[str]) -> None:
    """Replace the sentences."""
    st.session_state["_segment.problems"] = sentences


def truths() -> dict[str, LabelMap]:
    """Ground truth by image_id."""
    return _kept("_segment.truths", {})


def archive(key: str) -> bytes | None:
    """The zip that was made for exactly these photos and settings, if it is the last one made."""
    made: tuple[str, bytes] | None = st.session_state.get("_segment.archive")
    return made[1] if made and made[0] == key else None


def keep_archive(key: str, data: bytes) -> None:
    """Keep one zip, for its download button; the one before is dropped."""
    st.session_state["_segment.archive"] = (key, data)


# --- the Runs page --------------------------------------------------------------------------------------------------


def kept_from(run: str) -> str | None:
    """The name under which this visitor kept the checkpoint of a run, if so."""
    name: str | None = st.session_state.get(f"_runs.kept.{run}")
    return name


def remember_kept(run: str, name: str) -> None:
    """Note that name."""
    st.session_state[f"_runs.kept.{run}"] = name


def paused_log(run: str) -> int | None:
    """How many bytes the log of a run had when this visitor stopped following it; None while it is followed."""
    end: int | None = st.session_state.get(f"_runs.log.{run}")
    return end


def pause_log(run: str, end: int | None) -> None:
    """Stop following the log at so many bytes, or follow it again."""
    st.session_state[f"_runs.log.{run}"] = end


def report(key: str) -> bytes | None:
    """The report that was made for exactly this key, if it is the last one made."""
    made: tuple[str, bytes] | None = st.session_state.get("_runs.report")
    return made[1] if made and made[0] == key else None


def keep_report(key: str, data: bytes) -> None:
    """Keep one report, for its download button; the one before is dropped."""
    st.session_state["_runs.report"] = (key, data)


def worst_image(run: str) -> int | None:
    """The index of the validation image that this visitor looks at; None before any choice."""
    index: int | None = st.session_state.get(f"_runs.worst.{run}")
    return index


def look_at_worst(run: str, index: int) -> None:
    """Look at another one."""
    st.session_state[f"_runs.worst.{run}"] = index


@dataclass(frozen=True)
class Ticked:
    """The runs that are ticked in a table.

    Attributes:
        turn: counts the times that the server decided it; what a browser says of an earlier turn is out of date.
        names: of the runs.
    """

    turn: int = 0
    names: tuple[str, ...] = ()


def ticked(table: str) -> Ticked:
    """What is ticked in a table, as far as the server knows."""
    return _kept(f"_{table}.ticked", Ticked())


def remember_ticked(table: str, names: Sequence[str]) -> None:
    """Note what the visitor has ticked: a table that is drawn again after another page begins with it."""
    st.session_state[f"_{table}.ticked"] = Ticked(ticked(table).turn, tuple(names))


def tick(table: str, names: Sequence[str]) -> None:
    """Tick exactly these, whatever the visitor has ticked."""
    st.session_state[f"_{table}.ticked"] = Ticked(ticked(table).turn + 1, tuple(names))


def remember_runs_table(said: dict[str, str | None]) -> None:
    """Note what the table of runs showed, for the way back to it."""
    st.session_state["_runs.table"] = {name: value for name, value in said.items() if value is not None}


def runs_table() -> dict[str, str]:
    """What the table of runs last showed in this session, as its address says it."""
    return _kept("_runs.table", {})


def follow(key: str, stored: Any) -> None:
    """Give a widget what is stored, unless the visitor is ahead: only where that has changed since the last drawing."""
    if st.session_state.get(f"_stored.{key}", ...) != stored or key not in st.session_state:
        st.session_state[f"_stored.{key}"] = stored
        st.session_state[key] = stored


def say_later(sentence: str) -> None:
    """Keep a sentence for the next drawing: what goes wrong before a page is drawn would be lost otherwise."""
    st.session_state["_runs.sentences"] = [*_kept("_runs.sentences", list[str]()), sentence]


def said_earlier() -> list[str]:
    """The sentences that were kept, once."""
    sentences = _kept("_runs.sentences", list[str]())
    st.session_state["_runs.sentences"] = []
    return sentences


# --- the Train page -------------------------------------------------------------------------------------------------


def last_check() -> dict[str, Any] | None:
    """The settings of the last check before training whose answer this visitor saw."""
    settings: dict[str, Any] | None = st.session_state.get("_train.check")
    return settings


def remember_check(settings: dict[str, Any]) -> None:
    """Note them."""
    st.session_state["_train.check"] = settings
