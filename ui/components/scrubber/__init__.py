"""The epoch scrubber: one slider drives what a network saw, got right and got wrong, epoch by epoch.

The same few validation images are kept of every epoch. Here the reader moves through the epochs and sees the masks, the
errors, the pixels that were gained and lost, the table of counts and the IoU of every class change; and compares with
another run at the same epoch. The browser fetches scores, counts and pictures once from the routes of the run
(``/api/runs/NAME/epochs``, ``counts``, ``samples``, ``rivals``) and does the rest by itself: no rerun.

    scrubber.html  the fixed markup; texts are filled in from locale/*.json
    scrubber.css   its looks, on Streamlit's own theme variables
    story.js       what a run has told
    shelf.js       pictures that were loaded
    verdicts.js    what became of pixels: gained, lost, found, missed
    sheets.js      views of the labels, for the viewer's painter
    card.js        one sample
    matrix.js      the table of counts
    bars.js        IoU of every class
    rail.js        slider, curve behind it, headline numbers
    words.js       texts and controls, brought in line with the state
    keys.js        keys
    scrubber.js    the state

The scripts are joined, with the viewer's that draw, into one module: Streamlit runs a component's JavaScript as a
single inline module. With the live curves (ui/live) it shares a cursor, by events on the document; see scrubber.js.
"""

from pathlib import Path

import streamlit as st

from segcore.runs import Run
from ui.components.viewer import DRAWING
from ui.text import t

_HERE = Path(__file__).parent
_PARTS = (
    "story.js", "shelf.js", "verdicts.js", "sheets.js", "card.js", "matrix.js", "bars.js", "rail.js", "words.js",
    "keys.js", "scrubber.js",
)  # fmt: skip

TEXTS = (
    "against", "all_classes", "at_end", "back", "broken", "cell", "cell_here", "confusion", "contour",
    "differs_classes", "differs_samples", "enlarge", "epoch", "epoch_of", "fn", "fp", "gained", "gone", "ignored",
    "iou", "iou_here", "key_all", "key_class", "key_contour", "key_ends", "key_help", "key_mode", "key_opacity",
    "key_overlay", "key_pin", "key_play", "key_step", "keys", "live", "loading", "loss", "lost", "matrix_hint",
    "mean_dice", "miou", "mode", "mode_confidence", "mode_errors", "mode_flips", "mode_prediction", "mode_truth",
    "net", "never", "next", "no_before", "no_picture", "no_samples", "no_samples_yet", "nobody", "not_counted",
    "of_class", "opacity", "pause", "per_second", "pixel_accuracy", "play", "read_before", "read_prediction",
    "read_truth", "right", "rival", "rival_classes", "rival_gone", "rival_other", "rival_samples", "rival_some",
    "samples", "share_right", "show_all", "since", "since_epoch", "since_previous", "speed", "still_wrong", "sure",
    "swipe", "to_end", "to_live", "tp", "unsure", "waiting", "wrong",
)  # fmt: skip
"""Every text of the component; the key in locale/*.json has "scrubber." before it."""

_component = st.components.v2.component(
    "segcore_scrubber",
    html=(_HERE / "scrubber.html").read_text(encoding="utf-8"),
    css=(_HERE / "scrubber.css").read_text(encoding="utf-8"),
    js="\n".join(part.read_text(encoding="utf-8") for part in (*DRAWING, *(_HERE / part for part in _PARTS))),
)


def show(run: Run, *, is_active: bool, key: str) -> None:
    """Draw the scrubber of a run; it follows the run until it ends."""
    data = {
        "run": run.name,
        "active": is_active,  # a run that had ended may go on
        "texts": {name: t(f"scrubber.{name}") for name in TEXTS},
    }
    _component(data=data, key=key)
