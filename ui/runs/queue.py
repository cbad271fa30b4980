"""Running and waiting runs of each device, and the buttons that change the order."""

import streamlit as st

from segcore.errors import SegcoreError
from segcore.runs import Run, Snapshot, devices, limit, move, open_run, set_limit, using, waiting
from segcore.runs.queue import LIMIT_VARIABLE, MOST_AT_ONCE
from ui import state
from ui.text import plain, t, t_count, translated
from ui.widgets import frame

_FAR = 1_000_000


def show(look: Snapshot) -> None:
    """Draw a panel with the devices that are in use; nothing while there is none."""
    names = {entry.run.name: entry.facts.title for entry in look.entries}
    lines = [(device, using(device), waiting(device)) for device in devices()]
    busy = [(device, runs, line) for device, runs, line in lines if runs or line]
    if not busy:
        return
    count = sum(len(line) for _, _, line in busy)
    title = t_count("runs.queue.waiting", count) if count else t("runs.queue.none")
    with st.expander(title, icon=":material/format_list_numbered:", expanded=count > 0, key="runs.queue"):
        for device, runs, line in busy:
            _device(device, [names[name] for name in runs if name in names], {n: names[n] for n in line if n in names})


def place_in_line(run: Run) -> None:
    """Draw the place of a waiting run in the queue."""
    device, place = _place(run)
    if place:
        st.markdown(t("runs.queue.place", device=plain(device), place=place), width="content")


def to_front(run: Run) -> None:
    """Draw the button that moves a waiting run to the front of the queue; nothing if it is there."""
    if _place(run)[1] > 1:
        st.button(
            t("runs.queue.to_front"),
            icon=":material/vertical_align_top:",
            key="runs.queue.to_front",
            on_click=frame.errors_later()(lambda: move(run, -_FAR)),
        )


def _place(run: Run) -> tuple[str, int]:
    """The device that a run waits for, and its place in the queue; 0 if it does not wait."""
    places = {name: (device, place) for device in devices() for place, name in enumerate(waiting(device), 1)}
    return places.get(run.name, ("", 0))


def _device(device: str, runs: list[str], line: dict[str, str]) -> None:
    """A device, the names of its runs for people, and name → name for people of those that wait for it."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        running = ", ".join(map(plain, runs)) or "—"
        st.markdown(f"**{plain(device)}** · {t('runs.queue.running')} {running}", width="content")
        _limit(device)
    for at, (name, title) in enumerate(line.items()):
        _waiting(device, at, name, title, is_last=at == len(line) - 1)


def _waiting(device: str, at: int, name: str, title: str, *, is_last: bool) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"runs-queue-row-{device}-{at}".replace(":", "-")
    ):
        st.markdown(f"{at + 1}\\. {plain(title)}")
        _move("front", ":material/vertical_align_top:", name, title, -_FAR, disabled=at == 0)
        _move("up", ":material/arrow_upward:", name, title, -1, disabled=at == 0)
        _move("down", ":material/arrow_downward:", name, title, 1, disabled=is_last)
        st.button(
            t("runs.queue.withdraw"),
            icon=":material/close:",
            help=t("runs.queue.withdraw.help"),
            key=f"runs.queue.withdraw.{name}",
            on_click=frame.errors_later()(lambda: open_run(name).request("stop")),
        )


def _move(where: str, icon: str, name: str, title: str, places: int, *, disabled: bool) -> None:
    """A button with an icon; its text is its help."""
    st.button(
        icon,
        help=t(f"runs.queue.move.{where}", name=plain(title)),
        key=f"runs.queue.{where}.{name}",
        disabled=disabled,
        on_click=frame.errors_later()(lambda: move(open_run(name), places)),
    )


def _limit(device: str) -> None:
    """The number of runs that share the device; an environment variable overrides it."""
    try:
        now = limit(device)
    except SegcoreError as error:
        st.warning(plain(translated(error.message)))
        return
    key = f"runs.queue.limit.{device}"
    state.sync_widget(key, now)
    st.number_input(
        t("runs.queue.limit"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        key=key,
        help=t("runs.queue.limit.help", variable=LIMIT_VARIABLE),
        on_change=frame.errors_later()(lambda: set_limit(device, int(state.widget(key)))),
        width=190,
    )
