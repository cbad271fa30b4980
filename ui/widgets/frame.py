"""The frame of every page: language, title, and errors as messages."""

import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import streamlit as st

from segcore.errors import SegcoreError
from segcore.runs import check_home
from ui import language, state
from ui.text import plain, speak, spoken, t, translated

STYLE = Path(__file__).with_name("style.css")

log = logging.getLogger(__name__)


@contextmanager
def page(name: str, *, title: str | None = None, lead: str | None = None, names_tab: bool = True) -> Iterator[None]:
    """The frame of one page; what is drawn inside the ``with`` comes under its title.

    The texts are ``<name>.title``, ``<name>.lead`` and ``<name>.nav``, unless a page that shows many things has a title
    and lead of its own. A page that sets a better name of the browser's tab itself passes ``names_tab=False``; all
    others must name the tab, because it keeps the name of an earlier page.
    """
    state.settle_widgets()
    if names_tab:
        st.set_page_config(page_title=title or t(f"{name}.nav"))
    st.html(f"<style>{_streamlit_texts()}{STYLE.read_text(encoding='utf-8')}</style>")
    language.switch()
    with st.container(key="page_head", gap="xxsmall"):
        st.title(title or t(f"{name}.title"), anchor=False)
        st.markdown(lead or t(f"{name}.lead"))
    with sentences(stop=True):
        warning = check_home()  # else a page would say that there are no runs
        if warning is not None:
            st.warning(plain(translated(warning)), icon=":material/folder_off:")
    with sentences():
        yield


def _streamlit_texts() -> str:
    """Texts of Streamlit's own buttons, which exist in English only; style.css puts these in their place."""
    upload, shoot = (json.dumps(text, ensure_ascii=False) for text in (t("frame.upload"), t("frame.shoot")))
    return f":root {{ --seg-upload: {upload}; --seg-shoot: {shoot}; }}"


def fragment(draw: Callable[..., None], *, run_every: float | None = None) -> Callable[..., None]:
    """``st.fragment`` that keeps the reader's language: fragments rerun without the script that sets it.

    It reruns every ``run_every`` seconds; with None only its widgets cause reruns.
    """
    language = spoken()

    @wraps(draw)
    def in_language(*arguments: Any) -> None:
        speak(language)
        state.begin_fragment()
        draw(*arguments)

    return st.fragment(in_language, run_every=run_every)


@contextmanager
def sentences(*, stop: bool = False) -> Iterator[None]:
    """Shows errors inside the ``with`` as messages; then the page continues, or ends here if ``stop``.

    A `SegcoreError` is a message for people. Any other exception is a bug: the visitor gets a number, and the server's
    log has the traceback under that number.
    """
    try:
        yield
    except SegcoreError as error:
        _show(error.message)
    except Exception:
        number = secrets.token_hex(3)
        log.exception("error %s", number)
        st.error(t("frame.unexpected", number=number), icon=":material/error:")
    else:
        return
    if stop:
        st.stop()


@contextmanager
def errors_later() -> Iterator[None]:
    """For callbacks: keeps the message of a SegcoreError for `earlier_errors`, because nothing can be drawn yet."""
    try:
        yield
    except SegcoreError as error:
        state.put("frame.errors", [*state.get("frame.errors", list[str]()), error.message])


def earlier_errors() -> None:
    """Show the messages that `errors_later` has kept, once."""
    for message in state.get("frame.errors", list[str]()):
        _show(message)
    state.put("frame.errors", [])


def _show(message: str) -> None:
    st.error(plain(translated(message)), icon=":material/error:")
