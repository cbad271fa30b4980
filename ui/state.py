"""The state of one visitor: the only file that touches ``st.session_state`` and the query of the address.

Everything here is lost when the tab closes, so nothing of lasting value is kept here. Keys of widgets begin with the
name of the page; keys of other values begin with an underscore, which is added here.
"""

import time
from collections.abc import Container, Iterable
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from segcore.text import best_language

T = TypeVar("T")

_SET = "widgets.set"
_SETTLED_SECONDS = 5.0
"""By then the browser has the value of a widget that was set."""


# --- values that no widget holds --------------------------------------------------------------------------------------


def get(name: str, default: T) -> T:
    """A value of the visitor; the default, which is stored, if there is none."""
    value: T = st.session_state.setdefault(f"_{name}", default)
    return value


def put(name: str, value: object) -> None:
    """Store a value of the visitor."""
    st.session_state[f"_{name}"] = value


def first_time(what: str) -> bool:
    """True at the first call of a session."""
    return changed(f"first.{what}", True)


def changed(what: str, value: object) -> bool:
    """Whether a value differs from that of the last call."""
    before = st.session_state.get(f"_changed.{what}")
    put(f"changed.{what}", value)
    return before != value


# --- widgets ----------------------------------------------------------------------------------------------------------


def widget(key: str) -> Any:
    """The present value of a widget; None before it was first drawn."""
    return st.session_state.get(key)


def set_widget(key: str, value: Any) -> None:
    """Change the value of a widget; only possible before it is drawn in this run."""
    st.session_state[key] = value
    get(_SET, dict[str, tuple[Any, float]]())[key] = (value, time.monotonic())


def is_fragment_run() -> bool:
    """Whether only fragments are drawn, as when they poll. The visitor's change of a widget outside reruns all."""
    run = get_script_run_ctx()
    return bool(run and run.fragment_ids_this_run)


def settle_widgets() -> None:
    """Keep what `set_widget` has set a moment ago. To be called when a page begins; a fragment: `begin_fragment`.

    A poll sends the values of all widgets as the browser has them, and may have left it before the new value arrived.
    This is about widgets outside fragments: no widget of a fragment is set by `set_widget`.
    """
    now, polls = time.monotonic(), is_fragment_run()
    recent: dict[str, tuple[Any, float]] = get(_SET, {})
    for key, (value, moment) in list(recent.items()):
        is_other = key in st.session_state and st.session_state[key] != value
        if now > moment + _SETTLED_SECONDS:
            del recent[key]
        elif is_other and not polls:  # the visitor has changed it, or pressed a button before the new value arrived
            del recent[key]
            st.session_state[key] = st.session_state[key]  # is sent, so that the browser shows what holds
        elif is_other:
            st.session_state[key] = value


def begin_fragment() -> None:
    """To be called when a fragment begins: widgets and address that come with a poll may be older than ours."""
    settle_widgets()
    if is_fragment_run():
        _restore_address()


def choose_widget(key: str, options: Container[T], default: T, requested: T | None = None) -> T:
    """Set a widget to the requested option; else keep its present one, or else set the default. Return its value.

    A requested or present value that is no option is ignored.
    """
    if requested is not None and requested in options:
        set_widget(key, requested)
    elif widget(key) not in options:
        set_widget(key, default)
    value: T = widget(key)
    return value


def sync_widget(key: str, stored: Any) -> None:
    """Set a widget to a stored value that has changed since the last drawing; else the visitor may be ahead of it."""
    if changed(f"stored.{key}", stored) or key not in st.session_state:
        st.session_state[key] = stored


def fresh_key(name: str) -> str:
    """The present key of a widget that `empty_widget` can empty."""
    return f"{name}.{get(f'{name}.turn', 0)}"


def empty_widget(name: str) -> None:
    """Empty a widget by giving it a new key: there is no other way to empty an uploader."""
    put(f"{name}.turn", get(f"{name}.turn", 0) + 1)


# --- the address ------------------------------------------------------------------------------------------------------


def address(name: str) -> str | None:
    """A value of the address. Untrusted: check it."""
    value: str | None = st.query_params.get(name)
    return value


def requested(name: str) -> str | None:
    """A value of the address that is new: from a link, a typed address, or "Back"; None for what `set_address` wrote.

    Untrusted: check it.
    """
    value = st.query_params.get(name)
    return None if value == st.session_state.get(f"_address.{name}") else value


def set_address(**values: str | None) -> None:
    """Write values to the address, so that a copied link shows the same; None removes a value."""
    for name, value in values.items():
        put(f"address.{name}", value)
    before = st.query_params.to_dict()
    after = {name: value for name, value in (before | values).items() if value is not None}
    if after != before:
        _write_address(after)


def forget_address(names: Iterable[str]) -> None:
    """Treat these values of the address as new again: another part of the page uses the names from now on."""
    for name in names:
        st.session_state.pop(f"_address.{name}", None)


def _write_address(values: dict[str, str]) -> None:
    """All at once: each write is a step for the browser's "Back"."""
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
    return get(f"address.unread.{run.page_script_hash if run else ''}", [])


def _restore_address() -> None:
    """Ignore an address that is out of date.

    A visitor who presses something while the server still works sends the address that the browser has, not the one
    written meanwhile; taken as requested, it would undo the choice before. "Back" also sends an older address, but
    intends it; Streamlit distinguishes the two.
    """
    run, unread, now = get_script_run_ctx(), _unread(), st.query_params.to_dict()
    if unread and run and not run.is_history_navigation and now != unread[-1] and now in unread:
        _write_address(unread[-1])
    else:
        unread.clear()


# --- the language -----------------------------------------------------------------------------------------------------


def language() -> str:
    """The visitor's language: of the address (``?lang=``) or as chosen before, else of the browser, else English.

    Once chosen it stays in the address over a change of page, which would drop it. Call it first in a run.
    """
    _restore_address()
    chosen = requested("lang") or st.session_state.get("_language.chosen")
    language = best_language(chosen, st.context.locale)
    if chosen is not None:
        choose_language(language)
        put("address.lang", language)
    # In any case: after a link to the page that is shown already, the browser would still show the old address.
    _write_address(st.query_params.to_dict() | ({"lang": language} if chosen is not None else {}))
    if get("language", language) != language:
        _keep_choices()
        put("language", language)
    return language


def choose_language(language: str) -> None:
    """Use another language from the next run on."""
    put("language.chosen", language)


def _keep_choices() -> None:
    """Let every choice survive a change of language.

    Browsers identify the options of a menu by their words. After a change of language they would send words that the
    menu no longer has, and the choice would be lost. A value that is set here is sent to the browser in its new words.
    """
    for key, value in st.session_state.items():
        words = value if isinstance(value, list | tuple) else [value]
        if not str(key).startswith("_") and words and all(isinstance(word, str) for word in words):
            st.session_state[key] = value
