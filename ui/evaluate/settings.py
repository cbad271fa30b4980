"""Who is judged on which data, and how: the settings of the jobs of this page."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from segcore.inference.engines import ENGINES, PRECISIONS
from segcore.train import devices_here
from ui import cache, state
from ui.evaluate import mapping, subject
from ui.evaluate.subject import Subject
from ui.text import plain, t
from ui.widgets import dataset_picker, pickers
from ui.widgets.dataset_picker import Choice

MODEL, RIVAL = "evaluate.model", "evaluate.rival"
LIMITS = (0, 200, 50)
"""Images at most, spread over the split; 0 takes all of them."""


@dataclass(frozen=True)
class EvaluationSettings:
    """What is asked.

    Attributes:
        subject: who is judged.
        data: the dataset and its split.
        options: settings that depart from what is usual.
    """

    subject: Subject
    data: Choice
    options: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """For the job "evaluate"."""
        return {**self.subject.settings, "data": self.data.spec, "split": self.data.split, **self.options}

    @property
    def files(self) -> list[Path]:
        """What the answer depends on."""
        return [*self.subject.files, *self.data.files]


def choose() -> EvaluationSettings | None:
    """Draw the choices for one subject; None where there is none yet, which is said.

    Raises:
        SegcoreError: there is no such dataset, or its classes and those of the checkpoint cannot be brought together.
    """
    chosen = subject.choose(t("evaluate.model"), MODEL, word="model")
    if chosen is None:
        return None
    pickers.left_out()
    data, options = _data(), _options()
    return _settings(chosen, data, options)


def choose_two() -> tuple[EvaluationSettings, EvaluationSettings] | None:
    """Draw the choices for two subjects on the same images; None where there is none yet, which is said.

    Raises:
        SegcoreError: as for `ask`.
    """
    left, right = st.columns(2)
    with left:
        one = subject.choose(t("evaluate.model.one"), MODEL, word="model")
    if one is None:
        return None
    with right:
        other = subject.choose(t("evaluate.model.other"), RIVAL, word="rival", first="everyday")
    assert other is not None, "there is one, so there is another, or the same once more"
    data, options = _data(), _options()
    return _settings(one, data, options), _settings(other, data, options)


def _settings(chosen: Subject, data: Choice, options: Mapping[str, Any]) -> EvaluationSettings:
    if chosen.card is None:  # a method gets its classes from the data
        return EvaluationSettings(chosen, data, options)
    with st.spinner(t("data.opening")):
        dataset = cache.dataset(data.spec, data.split)
    if data.split is None and any(each.name.startswith(dataset.title) for each in chosen.card.training_data):
        st.caption(t("evaluate.trained_here", title=plain(chosen.title)))
    pairs = mapping.ask(chosen, dataset.classes)
    return EvaluationSettings(chosen, data, {**options, "mapping": pairs} if pairs else options)


def _data() -> Choice:
    if state.widget("data.split") is None:  # what was trained on flatters; "val" is asked for where there is one
        state.set_widget("data.split", "val")
    data = dataset_picker.dataset()
    if data.split == "train":
        st.caption(t("evaluate.trained"))
    return data


def _options() -> dict[str, Any]:
    """Draw how it is measured and what computes; only what departs from the usual is in the answer."""
    options: dict[str, Any] = {}
    with st.expander(t("evaluate.options"), icon=":material/tune:", key="evaluate.options"):
        left, right = st.columns(2)
        with left:
            limit = _choice(
                "limit",
                LIMITS,
                lambda count: t("evaluate.how.limit.some", count=count) if count else t("evaluate.how.limit.all"),
            )
            matching = _choice("matching", ("near", "one_to_one"), lambda word: t(f"evaluate.how.matching.{word}"))
        with right:
            engine = _choice("engine", ENGINES, lambda name: t("evaluate.auto") if name == "auto" else name)
            precision = _choice("precision", PRECISIONS, lambda name: t(f"evaluate.how.precision.{name}"))
            device = _device()
    if limit:
        options["limit"] = limit
    if matching == "one_to_one":
        options["one_to_one"] = True
    for name, value, usual in (("engine", engine, "auto"), ("device", device, "auto"), ("precision", precision, "32")):
        if value != usual:
            options[name] = value
    return options


def _choice(name: str, values: tuple[Any, ...], words: Any) -> Any:
    key = f"evaluate.how.{name}"
    if state.widget(key) not in values:
        state.set_widget(key, values[0])
    return st.segmented_control(
        t(f"evaluate.how.{name}"),
        values,
        required=True,
        format_func=words,
        key=key,
        help=t(f"evaluate.how.{name}.help"),
        persist_state="session",
    )


def _device() -> str:
    titles = {"auto": t("evaluate.auto")} | {name: f"{name} · {called}" for name, called in devices_here().items()}
    if state.widget("evaluate.how.device") not in titles:
        state.set_widget("evaluate.how.device", "auto")
    name: str = st.selectbox(
        t("evaluate.how.device"), list(titles), format_func=titles.__getitem__, key="evaluate.how.device",
        help=t("evaluate.how.device.help"), persist_state="session",
    )  # fmt: skip
    return name
