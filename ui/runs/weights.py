"""The weights of a run: keep them under a name, evaluate them, download them."""

import streamlit as st

from segcore.checkpoint import CheckpointRef, load_card
from segcore.formatting import byte_size
from segcore.runs import Run, Summary
from ui import links, state
from ui.runs import classification
from ui.text import plain, t
from ui.widgets import download_button


def show(run: Run, facts: Summary) -> None:
    """Draw what can be done with the best checkpoint, or the last one if there is no best."""
    best = run.checkpoint_path("best")
    source = best if best.exists() else run.checkpoint_path("last")
    if not source.exists():
        st.caption(t("runs.no_weights") if facts.is_active else t("runs.never_weights"))
        return
    is_classifier = classification.is_classification(run)
    if is_classifier:
        st.caption(t("runs.weights.classifier", lesson=t("lesson.families.title")))
    else:
        st.caption(t("runs.weights.best", epoch=facts.best_epoch) if source == best else t("runs.weights.last"))
    key = f"runs.kept.{run.name}"
    with st.form(key="runs.keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("runs.keep.name"), value=_short(run, facts), max_chars=64, key=f"runs.keep.{run.name}")
        if st.form_submit_button(t("runs.keep"), type="primary", icon=":material/bookmark_add:"):
            from segcore.checkpoint import keep_checkpoint  # noqa: PLC0415 - brings torch

            state.put(key, keep_checkpoint(source, name.strip()).name)
    kept: str | None = state.get(key, None)
    if kept is not None:
        _kept(kept, is_classifier)
    if not is_classifier:
        datasets = run.plan.get("data") or [None]
        links.evaluate_run(run.name, datasets[0]).draw(t("runs.evaluate"), icon=":material/analytics:")
    download_button.draw(
        t("runs.download.checkpoint", size=byte_size(CheckpointRef.of(source).size)),
        source.read_bytes,
        f"{run.name}.safetensors",
        "application/octet-stream",
        help=plain(load_card(source).title),
        key="runs.download.checkpoint",
    )


def _kept(name: str, is_classifier: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="kept"):
        st.success(t("runs.kept", name=plain(name)))
        if is_classifier:
            links.classifier_lesson(name).draw(t("models.use.classifier"))
        else:
            links.segment(name).draw(t("runs.kept.use"))


def _short(run: Run, facts: Summary) -> str:
    """The suggested name: unet-shapes-a3f9."""
    return "-".join([facts.model, *run.name.split("-")[-2:]])[:64]
