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
    published_checkpoints,
    refuse_shipped,
)
from segcore.errors import BadCheckpoint
from segcore.formatting import megabytes, millions, score
from segcore.inference import safe_stem
from segcore.models import MODELS
from ui import links, network_cache
from ui.known_names import class_name, model_title
from ui.models import samples
from ui.text import plain, t, translated
from ui.widgets import frame, pickers, score_badge
from ui.widgets.presets import PRESETS
from ui.widgets.tables import Link, facts_table, table

_MANY = 24
"""Maximum of classes that are listed."""


def checkpoints() -> None:
    """A card for every checkpoint on this computer, and a warning for every broken file."""
    here = list_checkpoints(task=None)
    if not here:
        st.info(t("models.none"))
    progress = st.container()
    for ref, card in here:
        _card(card, ref)
    with progress:  # last, because it takes a second or more
        samples.make_missing(here)
    for path, reason in broken_checkpoints():
        st.warning(t("models.broken", name=plain(path.name), reason=plain(translated(reason))))


def published() -> None:
    """The checkpoints of torchvision as a table. All were trained and measured alike, which is stated once."""
    entries = published_checkpoints()
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
            [each.card.title, score(each.card.scores[0].value), millions(each.card.parameters), megabytes(each.size_mb)]
            for each in entries
        ],
        numbers=(1, 2, 3),
    )


def architectures() -> None:
    """Every network that can be trained: parameters, year, paper and its idea."""
    st.caption(t("models.architectures.about"))
    table(
        t("models.architectures"),
        [t("models.architecture"), t("models.year"), t("models.parameters"), t("models.idea")],
        [
            [Link(card.title, card.paper), str(card.year), millions(parameters), translated(card.summary)]
            for card, parameters in ((MODELS[name], count) for name, count in network_cache.architectures())
        ],
        numbers=(1, 2),
    )


def add() -> None:
    """Draw the uploader that adds a checkpoint; an error for a file that is none."""
    with st.expander(t("models.add"), icon=":material/add:"), frame.sentences():
        st.caption(t("models.add.about"))
        given = st.file_uploader(t("models.add"), key="models.inbox", label_visibility="collapsed")
        if given is not None:
            card = keep(given.name, given.getvalue())
            st.success(t("models.added", title=plain(card.title)))


def keep(file_name: str, data: bytes) -> CheckpointCard:
    """Copy a checkpoint into the user's own folder after checking it; only safe letters of the file's name are used.

    Raises:
        BadCheckpoint: it is no checkpoint, is inconsistent, or has the name of a shipped one; nothing is kept then.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", safe_stem(file_name)).strip("-")[:60] or "checkpoint"
    refuse_shipped(name)
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
    name = reference.name
    with st.container(border=True, key=f"card_{name}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{plain(model_title(card.title))}**")
            with st.container(
                horizontal=True, horizontal_alignment="right", vertical_alignment="center", width="content"
            ):
                _uses(card, name)
        if samples.wanted(card):
            left, right = st.columns([5, 7], gap="medium")
            with left:
                samples.draw(reference, card)
            with right:
                facts_table(model_title(card.title), _facts(card, reference))
        else:
            facts_table(model_title(card.title), _facts(card, reference))


def _facts(card: CheckpointCard, reference: CheckpointRef) -> list[tuple[str, str]]:
    robust = score_badge.share(reference)
    size = t("models.weights", parameters=millions(card.parameters), size=megabytes(reference.size / 1e6))
    classes = map(class_name, card.classes[:_MANY])
    side = t("models.side", side=card.working_side) if card.working_side else ""
    return [
        *([(t("models.task"), t("models.task.classification"))] if card.task == "classification" else []),
        (t("models.knows"), ", ".join(classes) + (" …" if len(card.classes) > _MANY else "")),
        (t("models.cannot"), " ".join(_limits(card))),
        (t("models.trained_on"), "; ".join(data.name for data in card.training_data) or "—"),
        *((t("models.score"), pickers.score_text(each)) for each in card.scores),
        *([(t("evaluate.task.robustness"), robust)] if robust else []),
        (t("models.architecture"), " · ".join(filter(None, (card.architecture, size, side)))),
        (t("models.licence"), card.licence or "—"),
    ]


def _limits(card: CheckpointCard) -> list[str]:
    """What a checkpoint cannot do, as its card shows."""
    data = "; ".join(each.name for each in card.training_data)
    sentences = [t("models.cannot.classes")] if card.task == "semantic" else []
    if data:
        sentences.append(t("models.cannot.data", data=data))
    if card.working_side:
        sentences.append(t("models.cannot.size", side=card.working_side))
    ious = {name: value for each in card.scores[:1] for name, value in each.per_class.items() if value is not None}
    if len(ious) > 1:
        weakest = min(ious, key=lambda name: ious[name])
        sentences.append(t("models.cannot.weakest", name=class_name(weakest), value=score(ious[weakest])))
    return sentences


def _uses(card: CheckpointCard, name: str) -> None:
    """Links to the pages that use a checkpoint; for a classifier, to the lesson that turns it into a segmenter."""
    if card.task == "classification":
        links.classifier_lesson(name).draw(t("models.use.classifier"))
    else:
        links.segment(name).draw(t("models.use"), icon=":material/image_search:")
        links.evaluate(name).draw(t("models.evaluate"), icon=":material/fact_check:")
        if card.architecture in MODELS and st.button(
            t("models.train"), key=f"models.train.{name}", type="tertiary", icon=":material/model_training:",
            help=t("models.train.help"),
        ):  # fmt: skip
            _train_like(card)


def _train_like(card: CheckpointCard) -> None:
    """Open the Train page with the architecture, options and image size of a checkpoint."""
    from ui.widgets import forms  # noqa: PLC0415 - brings the training code, which this page does not need

    options = {**card.options, **({"encoder_weights": "imagenet"} if "encoder" in card.options else {})}
    forms.fill(
        {**PRESETS["balanced"], "model": card.architecture, "options": options, "working_side": card.working_side}
    )
    links.train().open()
