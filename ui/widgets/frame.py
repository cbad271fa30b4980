"""The frame around every page: language, title, and errors as sentences."""

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
from ui import language
from ui.text import plain, speak, spoken, t, translated

STYLE = Path(__file__).with_name("style.css")
PAGES = Path(__file__).resolve().parents[2] / "pages"

log = logging.getLogger(__name__)


@contextmanager
def page(name: str, *, title: str | None = None, lead: str | None = None, names_tab: bool = True) -> Iterator[None]:
    """The frame of one page: what is drawn inside the ``with`` comes under its title.

    Args:
        name: of the page; its texts are ``<name>.title``, ``<name>.lead`` and ``<name>.nav``.
        title: instead of the text, where one page shows many things; the browser's tab says it too.
        lead: instead of the sentence under the title.
        names_tab: whether the browser's tab says the page's name. A page that has more to say there says it itself;
            all others must, because the tab keeps what an earlier page had said.
    """
    if names_tab:
        st.set_page_config(page_title=title or t(f"{name}.nav"))
    st.html(f"<style>{_streamlits_own_words()}{STYLE.read_text(encoding='utf-8')}</style>")
    language.switch()
    with st.container(key="page_head", gap="xxsmall"):
        st.title(title or t(f"{name}.title"), anchor=False)
        st.markdown(lead or t(f"{name}.lead"))
    with sentences():
        yield


def _streamlits_own_words() -> str:
    """Words on Streamlit's own buttons, which it says in English only; style.css puts these in their place."""
    return f":root {{ --seg-upload: {_css(t('frame.upload'))}; --seg-shoot: {_css(t('frame.shoot'))}; }}"


def _css(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def fragment(draw: Callable[..., None], *, run_every: float | None = None) -> Callable[..., None]:
    """``st.fragment``, whose reruns speak the reader's language too: they run without the script that had said it.

    Args:
        draw: the part of the page that is drawn again by itself.
        run_every: seconds between two reruns; None leaves it to the widgets inside.
    """
    language = spoken()

    @wraps(draw)
    def speaking(*arguments: Any) -> None:
        speak(language)
        draw(*arguments)

    return st.fragment(speaking, run_every=run_every)


@contextmanager
def sentences(*, stop: bool = False) -> Iterator[None]:
    """Whatever goes wrong inside becomes a sentence; then the page goes on, or ends here if ``stop``.

    What a person can mend says so itself (`SegcoreError`). Anything else is our mistake: the visitor gets a number,
    and under that number the server's log has the traceback.
    """
    try:
        yield
    except SegcoreError as error:
        st.error(plain(translated(error.message)), icon=":material/error:")
    except Exception:
        number = secrets.token_hex(3)
        log.exception("error %s", number)
        st.error(t("frame.unexpected", number=number), icon=":material/error:")
    else:
        return
    if stop:
        st.stop()
