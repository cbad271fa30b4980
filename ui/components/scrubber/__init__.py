"""The epoch scrubber: one slider moves masks, errors, scores and confusion matrix through the epochs of a run.

The same few validation images are kept of every epoch. The reader sees which pixels were gained and lost, and compares
with another run at the same epoch. The browser fetches scores, counts and pictures once from the routes of the run
(``/api/runs/NAME/epochs``, ``counts``, ``samples``, ``rivals``) and needs no rerun.

    story.js       the events of a run
    shelf.js       loaded pictures
    verdicts.js    what became of pixels: gained, lost, found, missed
    sheets.js      views of the labels, for the viewer's painter
    card.js        one sample
    matrix.js      the confusion matrix
    bars.js        IoU of every class
    rail.js        slider, curve behind it, primary metrics
    words.js       texts and controls, updated from the state
    keys.js        keys
    scrubber.js    the state

It shares a cursor with the live curves (ui/components/curves), by events on the document; see scrubber.js.
"""

from segcore.runs import Run
from ui.components.assets import component
from ui.components.viewer import DRAWING
from ui.text import t

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

_component = component("segcore_scrubber", "scrubber", "scrubber", (*DRAWING, *_PARTS))


def show(run: Run, *, is_active: bool, key: str) -> None:
    """Draw the scrubber of a run; it follows the run until it ends."""
    data = {
        "run": run.name,
        "active": is_active,  # a run that had ended may be resumed
        "texts": {name: t(f"scrubber.{name}") for name in TEXTS},
    }
    _component(data=data, key=key)
