"""How long an evaluation will take, from the last one of the same checkpoint on this computer."""

from segcore import paths
from segcore.runs import list_runs
from ui import cache
from ui.evaluate.settings import EvaluationSettings
from ui.text import t_count
from ui.widgets import run_text


def text(chosen: EvaluationSettings) -> str:
    """The number of images, and the time if it can be estimated."""
    images = len(cache.dataset(chosen.data.spec, chosen.data.split))
    images = min(images, chosen.options.get("limit") or images)
    pace = seconds_per_image(chosen)
    if pace is None:
        return t_count("evaluate.images", images)
    return t_count("evaluate.estimate", images, time=run_text.seconds(max(pace * images, 1.0)))


def seconds_per_image(chosen: EvaluationSettings) -> float | None:
    """Seconds for an image, reading and counting included; None without an earlier evaluation."""
    subject = chosen.subject.settings
    for run in list_runs(root=paths.jobs_dir()):
        spec = run.spec
        settings = spec.get("settings", {})
        if spec.get("job") != "evaluate" or any(settings.get(key) != value for key, value in subject.items()):
            continue
        began, progress, state = run.last_each("began", "progress", "state")
        if state.get("state") == "finished" and began and progress.get("total"):
            return float((state["time"] - began["time"]) / progress["total"])
    return None
