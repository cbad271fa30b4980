"""Choose a model: own and shipped checkpoints, published ones, methods without a network."""

from typing import Any

import streamlit as st

from segcore.checkpoint import (
    CheckpointCard,
    CheckpointRef,
    Score,
    list_checkpoints,
    load_card,
    published_checkpoints,
)
from segcore.classical import METHODS
from segcore.metrics import read_convention
from ui import state
from ui.known_names import model_title
from ui.segment_request import FAVOURITE, ModelChoice, default_model
from ui.text import plain, t, translated
from ui.widgets import background
from ui.widgets.background import Report, Work

_FETCH = "segment.fetch"
"""Name of the work that downloads a published checkpoint."""


def model_choices() -> dict[str, ModelChoice]:
    """All choices by name: own and shipped checkpoints, then published ones, then the methods without a network."""
    found = {ref.name: ModelChoice(ref.name, "checkpoint", ref) for ref, _ in list_checkpoints()}
    for published in published_checkpoints():
        ref = CheckpointRef.of(published.path) if published.fetched else None
        found.setdefault(published.card.name, ModelChoice(published.card.name, "published", ref))
    return found | {name: ModelChoice(name, "classical") for name in METHODS}


def left_out() -> None:
    """Note that classifiers are not in the list, and why; nothing if there are none."""
    titles = ", ".join(card.title for _, card in list_checkpoints("classification"))
    if titles:
        st.caption(t("segment.left_out", titles=plain(titles), lesson=t("lesson.families.title")))


def card_of(choice: ModelChoice) -> CheckpointCard | None:
    """The facts of a choice; None for a method without a network."""
    if choice.ref is not None:
        return load_card(choice.ref.path)
    return next((published.card for published in published_checkpoints() if published.card.name == choice.name), None)


def title_of(choice: ModelChoice) -> str:
    """The title for people. That of a card is text of unknown origin: `plain` it where Markdown is drawn."""
    card = card_of(choice)
    return model_title(card.title) if card else t(f"classical.{choice.name}")


def model() -> ModelChoice:
    """Draw the choice of a model, with its training data and its score."""
    choices = model_choices()
    first = default_model(choices)
    requested = state.requested("model")
    present = state.choose_widget("segment.model", choices, first.name, requested)
    with st.container():
        if requested is not None and requested not in choices:
            used = plain(title_of(choices[present]))
            st.warning(t("segment.no_such_model", requested=plain(requested[:64]), used=used))
    name = st.selectbox(
        t("segment.model"),
        list(choices),
        format_func=lambda name: _menu_line(choices[name]),
        key="segment.model",
        persist_state="session",
    )
    state.set_address(model=name)
    choice = choices[name]
    _about(choice)
    if FAVOURITE not in choices:
        st.caption(t("segment.no_favourite", used=plain(title_of(first))))
    left_out()
    return choice


def _menu_line(choice: ModelChoice) -> str:
    title = title_of(choice)
    if choice.kind == "published" and choice.ref is None:
        return t("segment.menu_download", title=title, size=_size_mb(choice))
    return title


def fetched(choice: ModelChoice) -> bool:
    """Whether a choice can be used now; draws the button that downloads a published checkpoint.

    Raises:
        NotAvailable, BadCheckpoint: it cannot be downloaded; the message states what to do.
    """
    if choice.kind == "classical" or choice.ref is not None:
        return True
    title = title_of(choice)
    with st.container(border=True, key="fetch"):
        st.markdown(t("segment.fetch.about", title=plain(title)))
        work = background.present(_FETCH, choice.name)
        if work is None:
            if not st.button(
                t("segment.fetch", size=_size_mb(choice)), type="primary", icon=":material/download:", key="fetch_now"
            ):
                return False
            work = background.work(_FETCH, choice.name, lambda report: _fetch(choice, report))
        if not work.wait(background.PATIENCE_SECONDS):
            background.progress(work, lambda work: _fetching(title, work), key=_FETCH)
            return False
        background.forget(_FETCH)
        work.result()
    st.rerun()  # the choice now has a file, which changes every part of the page
    return True


def _fetch(choice: ModelChoice, report: Report) -> None:
    from segcore.checkpoint import fetch_published  # noqa: PLC0415 - needs torch, which the choice does not

    fetch_published(choice.name, lambda done, total: report(done, total or 10**6 * _size_mb(choice)))


def _fetching(title: str, work: Work[Any]) -> str:
    return t("segment.fetching", title=plain(title), done=round(work.done / 1e6), total=round(work.steps / 1e6))


def _size_mb(choice: ModelChoice) -> int:
    return round(next(published.size_mb for published in published_checkpoints() if published.card.name == choice.name))


def _about(choice: ModelChoice) -> None:
    """Two captions under the choice: the training data, and a score with its convention."""
    card = card_of(choice)
    if card is None:
        st.caption(t(f"classical.{choice.name}.about"), help=plain(METHODS[choice.name].paper))
        return
    datasets = "; ".join(data.name for data in card.training_data)
    trained_on = t("segment.trained_on", data=plain(datasets)) if datasets else t("segment.trained_on_unknown")
    if not card.scores:
        st.caption(trained_on)
        return
    score = card.scores[0]
    headline = t("segment.score", metric=score.metric, value=f"{score.value:.3f}", data=_measured_on(score))
    st.caption(f"{trained_on}  \n{plain(headline)}", help=plain(translated(_convention(score))))


def _convention(score: Score) -> str:
    return read_convention(score.convention, score.per_class.values())


def score_text(score: Score) -> str:
    """A score with its metric, data and convention. The texts are the checkpoint's own."""
    return t(
        "models.score.text",
        metric=score.metric,
        value=f"{score.value:.3f}",
        data=_measured_on(score),
        convention=translated(_convention(score)).rstrip(".。"),
    )


def _measured_on(score: Score) -> str:
    return " ".join(part for part in (score.data, score.split) if part)
