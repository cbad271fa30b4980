"""The parts of the Models page: checkpoints here, checkpoints to fetch, architectures."""

import os
import re

import streamlit as st

from segcore import paths
from segcore.checkpoint import (
    CheckpointCard,
    CheckpointRef,
    broken_checkpoints,
    list_checkpoints,
    load_checkpoint,
)
from segcore.errors import BadCheckpoint
from segcore.inference import safe_stem
from ui import cache, state
from ui.text import plain, t, translated
from ui.widgets import frame, pickers, score_badge
from ui.widgets.tables import Link, facts_table, table

INBOX = "models.inbox"
_MANY = 24
"""Of more classes than this the first are named."""


def checkpoints() -> None:
    """One card for every checkpoint that is here; files that are broken say why."""
    here = list_checkpoints(task=None)
    if not here:
        st.info(t("models.none"))
    for ref, card in here:
        _card(card, ref)
    for path, reason in broken_checkpoints():
        st.warning(t("models.broken", name=plain(path.name), reason=plain(translated(reason))))


def published() -> None:
    """What torchvision publishes, as a table. All of it was trained and measured alike, which is said once."""
    entries = cache.published()
    card = entries[0].card
    st.caption(t("models.published.about"))
    st.caption(
        t(
            "models.published.alike",
            data=plain("; ".join(data.name for data in card.training_data)),
            metric=plain(card.scores[0].metric),
            on=plain(f"{card.scores[0].data} {card.scores[0].split}"),
            convention=plain(translated(card.scores[0].convention)),
        )
    )
    table(
        t("models.published"),
        [t("models.name"), card.scores[0].metric, t("models.parameters"), t("models.size")],
        [
            [
                entry.card.title,
                f"{entry.card.scores[0].value:.3f}",
                _millions(entry.card.parameters),
                _mb(entry.size_mb),
            ]
            for entry in entries
        ],
        numbers=(1, 2, 3),
    )


def architectures() -> None:
    """Every network that can be trained: parameters, year, paper and the idea that it added."""
    st.caption(t("models.architectures.about"))
    table(
        t("models.architectures"),
        [t("models.architecture"), t("models.year"), t("models.parameters"), t("models.idea")],
        [
            [Link(row.title, row.paper), str(row.year), _millions(row.parameters), translated(row.summary)]
            for row in cache.architectures()
        ],
        numbers=(1, 2),
    )


def add() -> None:
    """Draw the uploader that adds a checkpoint of one's own; a file that is none gets its sentence."""
    with st.expander(t("models.add"), icon=":material/add:"), frame.sentences():
        st.caption(t("models.add.about"))
        given = st.file_uploader(t("models.add"), key=state.fresh_key(INBOX), label_visibility="collapsed")
        if given is not None:
            card = keep(given.name, given.getvalue())
            st.success(t("models.added", title=plain(card.title)))


def keep(file_name: str, data: bytes) -> CheckpointCard:
    """Put a checkpoint into the user's own folder, once it is known to be sound.

    Args:
        file_name: as the visitor's system calls it; only its stem is used, and only safe letters of it.
        data: the file.

    Raises:
        BadCheckpoint: it is none, or does not fit itself; nothing is kept then.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", safe_stem(file_name)).strip("-")[:60] or "checkpoint"
    folder = paths.own_checkpoints_dir()
    folder.mkdir(parents=True, exist_ok=True)
    arriving = folder / f".{name}.{os.getpid()}.arriving"
    try:
        arriving.write_bytes(data)
        card = load_checkpoint(arriving, task=None).card
        arriving.replace(folder / f"{name}.safetensors")
    except BadCheckpoint as error:  # people know the file by their own name for it
        raise BadCheckpoint(error.message.replaced(arriving.name, file_name)) from error
    finally:
        arriving.unlink(missing_ok=True)
    return card


def _card(card: CheckpointCard, reference: CheckpointRef) -> None:
    name, size_mb = reference.name, reference.size / 1e6
    with st.container(border=True, key=f"card_{name}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plain(card.title)}**")
            with st.container(horizontal=True, horizontal_alignment="right", width="content"):
                _uses(card, name)
        robust = score_badge.share(reference)
        size = t("models.weights", parameters=_millions(card.parameters), size=_mb(size_mb))
        facts = [
            *([(t("models.task"), t("models.task.classification"))] if card.task == "classification" else []),
            (t("models.classes"), _some(card.classes)),
            (t("models.trained_on"), "; ".join(data.name for data in card.training_data) or "—"),
            *((t("models.score"), pickers.score_text(score)) for score in card.scores),
            *([(t("evaluate.task.robustness"), robust)] if robust else []),
            (t("models.architecture"), f"{card.architecture} · {size}"),
            (t("models.licence"), card.licence or "—"),
        ]
        facts_table(card.title, facts)


def _uses(card: CheckpointCard, name: str) -> None:
    """The ways to where a checkpoint is used; a classifier's is the lesson that turns it into a segmenter."""
    if card.task == "classification":
        lesson = {"lesson": "families", "part": "classifier", "classifier": name}
        ways = [("learn", t("models.use.classifier"), lesson)]
    else:
        ways = [("evaluate", t("models.evaluate"), {"model": name}), ("segment", t("models.use"), {"model": name})]
    for page, label, wishes in ways:
        st.page_link(frame.PAGES / f"{page}.py", label=label, icon=":material/arrow_forward:", query_params=wishes)


def _some(classes: tuple[str, ...]) -> str:
    return ", ".join(classes) if len(classes) <= _MANY else ", ".join(classes[:_MANY]) + " …"


def _mb(size: float) -> str:
    return f"{size:.0f} MB" if size >= 100 else f"{size:.1f} MB"


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f} M"
