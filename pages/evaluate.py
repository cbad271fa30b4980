"""Evaluate: the scores of a checkpoint on labelled data, with confidence intervals, and comparisons."""

from ui.evaluate import folds, robustness, single, two
from ui.text import t
from ui.widgets import frame, view_tabs

TASKS = {"one": single.show, "two": two.show, "robustness": robustness.show, "folds": folds.show}

with frame.page("evaluate"), frame.sentences(stop=True):
    task = view_tabs.choose(
        list(TASKS),
        key="evaluate.task",
        word="task",
        label=t("evaluate.task"),
        named=lambda name: t(f"evaluate.task.{name}"),
    )
    TASKS[task]()
