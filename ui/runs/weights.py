"""The weights of a run: keep them under a name, evaluate them, download them."""

import re
from pathlib import Path

import streamlit as st

from segcore.checkpoint import CheckpointRef, list_checkpoints, load_card
from segcore.formatting import byte_size
from segcore.runs import Run, Summary, read_notes, readable
from ui import links
from ui.runs import classification
from ui.text import plain, t
from ui.widgets import download_button, photos


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
    with st.form(key="runs.keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            t("runs.keep.name"), value=_short(run, facts), max_chars=64, key=f"runs.keep.{run.address}"
        )
        if st.form_submit_button(t("runs.keep"), type="primary", icon=":material/bookmark_add:"):
            from segcore.checkpoint import keep_checkpoint  # noqa: PLC0415 - brings torch

            keep_checkpoint(source, name.strip())
            example = None if is_classifier else _validation_image(run)
            if example is not None:  # what the network was trained for, and not the sample cat
                photos.add([example], photos.select)
    kept = _names_in_library(run)
    if kept:
        _kept(kept, is_classifier)
    if not is_classifier:
        datasets = run.plan.get("data") or [None]
        links.evaluate_run(run.name, datasets[0]).draw(t("runs.evaluate"), icon=":material/analytics:")
    download_button.draw(
        t("runs.download.checkpoint", size=byte_size(CheckpointRef.of(source).size)),
        source.read_bytes,
        f"{readable(run.name)}.safetensors",
        "application/octet-stream",
        help=plain(load_card(source).title),
        key="runs.download.checkpoint",
    )


def _names_in_library(run: Run) -> list[str]:
    """The names under which weights of the run were kept, in whatever session or shell; the newest first."""
    kept = [ref for ref, card in list_checkpoints(None) if card.run == run.name]
    return [ref.name for ref in sorted(kept, key=lambda ref: ref.mtime_ns, reverse=True)]


def _kept(kept: list[str], is_classifier: bool) -> None:
    """All names, and a link that uses the newest."""
    with st.container(horizontal=True, vertical_alignment="center", key="kept"):
        st.success(t("runs.kept", name=plain(", ".join(kept))))
        if is_classifier:
            links.classifier_lesson(kept[0]).draw(t("models.use.classifier"))
        else:
            links.segment(kept[0]).draw(t("runs.kept.use"))


def _validation_image(run: Run) -> tuple[str, bytes] | None:
    """Name and content of a validation image that the run keeps as a sample; None if it keeps none."""
    for sample in (run.last("sample") or {}).get("samples", ()):
        file = run.samples_dir / Path(str(sample.get("image"))).name
        if file.is_file():
            return str(sample.get("name") or file.name), file.read_bytes()
    return None


def _short(run: Run, facts: Summary) -> str:
    """The suggested name: that of the run if it was given one, else unet-shapes-a3f9."""
    given = read_notes(run).name or "-".join([facts.model, *run.name.split("-")[-2:]])
    return re.sub(r"[^A-Za-z0-9_-]+", "-", given).strip("-")[:64] or facts.model
