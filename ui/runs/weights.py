"""The weights of a run: keep them under a name, or take them away."""

import streamlit as st

from segcore.checkpoint import CheckpointRef, load_card
from segcore.runs import Run, Summary
from ui import state
from ui.runs import picture_counts
from ui.text import plain, t
from ui.widgets import frame, run_text


def show(run: Run, facts: Summary) -> None:
    """Keep the best checkpoint under a name, or take it away."""
    kept = state.kept_from(run.name)
    best = run.checkpoint_path("best")
    source = best if best.exists() else run.checkpoint_path("last")
    if not source.exists():
        st.caption(t("runs.no_weights") if facts.is_active else t("runs.never_weights"))
        return
    if picture_counts.is_classification(run):
        st.caption(t("runs.weights.classifier"))
    else:
        st.caption(t("runs.weights.best", epoch=facts.best_epoch) if source == best else t("runs.weights.last"))
    with st.form(key="runs.keep", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(t("runs.keep.name"), value=_short(run, facts), max_chars=64, key=f"runs.keep.{run.name}")
        pressed = st.form_submit_button(t("runs.keep"), type="primary", icon=":material/bookmark_add:")
    if pressed:
        from segcore.checkpoint import keep_checkpoint  # noqa: PLC0415 - brings torch, which nothing else here needs

        kept = keep_checkpoint(source, name.strip()).name
        state.remember_kept(run.name, kept)
    is_classifier = picture_counts.is_classification(run)
    if kept:
        with st.container(horizontal=True, vertical_alignment="center", key="kept"):
            st.success(t("runs.kept", name=plain(kept)))
            if is_classifier:
                page, label = "learn.py", t("models.use.classifier")
                query = {"lesson": "families", "part": "classifier", "classifier": kept}
            else:
                page, label, query = "segment.py", t("runs.kept.use"), {"model": kept}
            st.page_link(frame.PAGES / page, label=label, icon=":material/arrow_forward:", query_params=query)
    if not is_classifier:
        places = run.plan.get("data") or []
        st.page_link(
            frame.PAGES / "evaluate.py",
            label=t("runs.evaluate"),
            icon=":material/analytics:",
            query_params={"model": f"run:{run.name}", **({"data": places[0]} if places else {})},
        )
    reference = CheckpointRef.of(source)
    st.download_button(
        t("runs.download.checkpoint", size=run_text.size(reference.size)),
        data=source.read_bytes,
        file_name=f"{run.name}.safetensors",
        mime="application/octet-stream",
        icon=":material/download:",
        help=plain(load_card(source).title),
        on_click="ignore",
        key="runs.download.checkpoint",
    )


def _short(run: Run, facts: Summary) -> str:
    """A name to begin with: unet-shapes-a3f9."""
    return "-".join([facts.model, *run.name.split("-")[-2:]])[:64]
