"""Evaluate: how good a checkpoint is on data that carries the truth, and how far the number can be trusted."""

from ui import frame, views
from ui.evaluate import folds, hardiness, one, versus
from ui.text import t

TASKS = {"one": one.show, "two": versus.show, "robustness": hardiness.show, "folds": folds.show}

with frame.page("evaluate"), frame.sentences(stop=True):
    task = views.choose(
        list(TASKS),
        key="evaluate.task",
        word="task",
        label=t("evaluate.task"),
        named=lambda name: t(f"evaluate.task.{name}"),
    )
    TASKS[task]()
