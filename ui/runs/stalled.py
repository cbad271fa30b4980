"""The card of a run that is stalled: what its process is doing, and what can be done."""

from collections.abc import Callable

import streamlit as st

from segcore.formatting import moment
from segcore.runs import Run, Stall, Summary, dump_run, kill_run, stall_of, wake_run
from ui import state
from ui.text import plain, t
from ui.widgets import frame, run_text

_EVERY_SECONDS = 3.0


def card(run: Run, facts: Summary) -> None:
    """Draw the card; nothing for a run that makes progress.

    Only its text is drawn again and again: a press on a button that was replaced meanwhile would be lost.
    """
    found = stall_of(run) if facts.state == "stalled" else None
    if found is None:
        return
    with st.container(border=True, key="runs-stalled"):
        frame.fragment(_text, run_every=_EVERY_SECONDS)(run, found.doing)
        st.caption(t("stalled.choices"))
        with st.container(horizontal=True, gap="small"):
            if found.doing == "stopped":
                _button("wake", t("stalled.wake"), ":material/play_arrow:", lambda: wake_run(run), is_first=True)
            _button("dump", t("stalled.dump"), ":material/troubleshoot:", lambda: _dump(run))
            if facts.requested != "stop":
                _button("stop", t("stalled.stop"), ":material/stop:", lambda: run.request("stop"))
            with st.popover(t("stalled.kill"), icon=":material/dangerous:"):
                st.markdown(t("stalled.kill.sure"))
                _button("kill", t("stalled.kill.now"), ":material/dangerous:", lambda: kill_run(run), is_first=True)
        dump = state.get(_key(run), "")
        if dump:
            st.code(dump, language=None, wrap_lines=True, height=260)


def _text(run: Run, drawn_doing: str) -> None:
    """How long it has been silent and what its process is doing; the buttons depend on that."""
    found = stall_of(run)
    if found is None:
        return  # its state has changed: the head of the page draws the page again
    if found.doing != drawn_doing:
        st.rerun()
    st.markdown(f"**{t('stalled.silent', silent=run_text.seconds(found.silent))}**")
    st.markdown(_about(found))


def _about(found: Stall) -> str:
    usual = "" if found.usual is None else t("stalled.usual", usual=run_text.seconds(max(1.0, found.usual)))
    step = found.last.get("step")
    event = plain(str(found.last["kind"])) if step is None else t("stalled.step", step=step)
    last = t("stalled.last", event=event, moment=moment(float(found.last.get("time", 0))))
    return " ".join(filter(None, (last, usual, t(f"stalled.doing.{found.doing}"))))


def _dump(run: Run) -> None:
    state.put(_key(run), dump_run(run) or t("stalled.dump.nothing"))


def _button(name: str, label: str, icon: str, act: Callable[[], object], *, is_first: bool = False) -> None:
    @frame.errors_later()
    def press() -> None:
        act()

    st.button(
        label,
        icon=icon,
        key=f"runs.stalled.{name}",
        type="primary" if is_first else "secondary",
        on_click=press,
    )


def _key(run: Run) -> str:
    return f"runs.dump.{run.address}"
