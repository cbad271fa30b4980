"""What is evaluated on which data, and how: the settings of the jobs of this page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from segcore.data import dataset_folder
from segcore.evaluation import same_name
from segcore.inference.engines import ENGINES, PRECISIONS
from segcore.train import devices_here
from ui import cache, state
from ui.evaluate import mapping, subject
from ui.evaluate.subject import Subject
from ui.text import plain, t
from ui.widgets import accepted_problems, dataset_picker, dataset_thumbnails, pickers
from ui.widgets.dataset_picker import DatasetChoice

MODEL, OTHER = "evaluate.model", "evaluate.rival"
LIMITS = (0, 200, 50)
"""Maximum number of images, spread over the split; 0 for all."""
_DEFAULTS = {"limit": 0, "one_to_one": False, "engine": "auto", "device": "auto", "precision": "32"}


@dataclass(frozen=True)
class EvaluationSettings:
    """Everything that determines an evaluation; the options are those that differ from the defaults."""

    subject: Subject
    data: DatasetChoice
    options: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """Of the job "evaluate"."""
        kinds = accepted_problems.accepted([self.data.spec])
        accept = {"accept": kinds} if kinds else {}
        return {**self.subject.settings, "data": self.data.spec, "split": self.data.split, **self.options, **accept}

    @property
    def files(self) -> list[Path]:
        """Files that the result depends on."""
        return [*self.subject.files, *self.data.files]

    @property
    def summary(self) -> str:
        """What is evaluated on which data, in a line of Markdown."""
        return t("evaluate.form.summary", title=plain(self.subject.title), data=self.data_name)

    @property
    def data_name(self) -> str:
        """The data and its split, as Markdown."""
        folder = dataset_folder(self.data.spec)
        name = self.data.spec if folder is None else Path(folder).name
        return plain(name if self.data.split is None else f"{name}, {self.data.split}")


def choose() -> EvaluationSettings | None:
    """Draw the choices for one subject; None, with a message on the page, if there is nothing to evaluate.

    Raises:
        SegcoreError: there is no such dataset, or it has no class in common with the checkpoint.
    """
    chosen = subject.choose(t("evaluate.model"), MODEL, word="model")
    if chosen is None:
        return None
    pickers.left_out()
    return _settings(chosen, _data(), _options())


def choose_two() -> tuple[EvaluationSettings, EvaluationSettings] | None:
    """Draw the choices for two subjects on the same images; None as in `choose`.

    Raises:
        SegcoreError: as in `choose`.
    """
    left, right = st.columns(2)
    with left:
        one = subject.choose(t("evaluate.model.one"), MODEL, word="model")
    if one is None:
        return None
    with right:
        other = subject.choose(t("evaluate.model.other"), OTHER, word="rival", first="everyday")
    assert other is not None, "both menus offer the same subjects"
    data, options = _data(), _options()
    return _settings(one, data, options), _settings(other, data, options)


def _settings(chosen: Subject, data: DatasetChoice, options: Mapping[str, Any]) -> EvaluationSettings:
    card = chosen.card
    if card is None:  # a classical method takes its classes from the data
        return EvaluationSettings(chosen, data, options)
    with st.spinner(t("data.opening")):
        dataset = cache.dataset(data.spec, data.split)
    trained_on = same_name(card, dataset.title)
    if trained_on and not card.image_hashes:  # else the result states which images were in its training
        st.caption(t("evaluate.same_name", title=plain(chosen.title), data=plain(trained_on)))
    pairs = mapping.choose(chosen, card.classes, dataset.classes)
    return EvaluationSettings(chosen, data, {**options, "mapping": pairs} if pairs else options)


def _data() -> DatasetChoice:
    if state.widget("data.split") is None:  # scores on training images are too high; `val` is the default if it exists
        state.set_widget("data.split", "val")
    data = dataset_picker.dataset()
    dataset_thumbnails.draw_summary(data.spec)
    if data.split == "train":
        st.caption(t("evaluate.trained"))
    return data


def _options() -> dict[str, Any]:
    """Draw the options of measuring and computing; return those that differ from the defaults."""
    with st.expander(t("evaluate.options"), icon=":material/tune:", key="evaluate.options"):
        left, right = st.columns(2)
        with left:
            limit = _choice("limit", LIMITS, _limit_text)
            matching = _choice("matching", ("near", "one_to_one"), lambda word: t(f"evaluate.how.matching.{word}"))
        with right:
            engine = _choice("engine", ENGINES, lambda name: t("evaluate.auto") if name == "auto" else name)
            precision = _choice("precision", PRECISIONS, lambda name: t(f"evaluate.how.precision.{name}"))
            device = _device()
    one_to_one = matching == "one_to_one"
    chosen = {"limit": limit, "one_to_one": one_to_one, "engine": engine, "device": device, "precision": precision}
    return {name: value for name, value in chosen.items() if value != _DEFAULTS[name]}


def _limit_text(count: int) -> str:
    return t("evaluate.how.limit.some", count=count) if count else t("evaluate.how.limit.all")


def _choice(name: str, values: tuple[Any, ...], title: Callable[[Any], str]) -> Any:
    key = f"evaluate.how.{name}"
    state.choose_widget(key, values, values[0])
    return st.segmented_control(
        t(f"evaluate.how.{name}"),
        values,
        required=True,
        format_func=title,
        key=key,
        help=t(f"evaluate.how.{name}.help"),
        persist_state="session",
    )


def _device() -> str:
    titles = {"auto": t("evaluate.auto")} | {name: f"{name} · {title}" for name, title in devices_here().items()}
    state.choose_widget("evaluate.how.device", titles, "auto")
    name: str = st.selectbox(
        t("evaluate.how.device"), list(titles), format_func=titles.__getitem__, key="evaluate.how.device",
        help=t("evaluate.how.device.help"), persist_state="session",
    )  # fmt: skip
    return name
