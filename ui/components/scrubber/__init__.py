"""The epoch scrubber: one slider moves masks, errors, scores and confusion matrix through the epochs of a run.

The browser fetches scores, confusion matrices and the samples that are kept of every epoch once, from the routes of
the run (``/api/runs/NAME/epochs``, ``counts``, ``samples``, ``rivals``), and needs no rerun. It shares a cursor with
the live curves (ui/components/curves), by events on the document; see scrubber.js.
"""

from segcore.runs import Run, shown_name
from ui.components.assets import component
from ui.components.viewer import DRAWING
from ui.text import names, spoken, t

_PARTS = (
    "story.js", "shelf.js", "verdicts.js", "sheets.js", "card.js", "matrix.js", "bars.js", "rail.js", "words.js",
    "keys.js", "scrubber.js",
)  # fmt: skip

_component = component("scrubber", (*DRAWING, "matrix/confusion.js", *_PARTS), styles=("matrix/confusion.css",))


def show(run: Run, *, is_active: bool, key: str) -> None:
    """Draw the scrubber of a run; it follows the run until it ends."""
    data = {
        "run": run.address,
        "title": shown_name(run),
        "active": is_active,  # a run that had ended may be resumed
        "language": spoken(),
        "texts": {name: t(f"scrubber.{name}") for name in names("scrubber")},
    }
    _component(data=data, key=key)
