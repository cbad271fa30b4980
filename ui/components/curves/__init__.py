"""Live curves of one run or several: the browser polls a route for new points and keeps the zoom.

Streamlit draws its own charts anew whenever their data changes, and the reader's zoom is lost. Here the browser polls
``/api/runs/NAME/events`` and hands the points to ``Plotly.react``: no rerun, no traffic but the new points.
"""

import os
import zlib
from collections.abc import Iterable, Sequence

from segcore.runs import Run, shown_name
from ui.components.assets import component
from ui.components.vendor import PLOTLY_URL
from ui.text import names, spoken, t

_PARTS = ("points.js", "track.js", "charts.js", "panel.js", "table.js", "live.js")

RUN_COLOURS = ("#2a7fb8", "#d9822b", "#7a6fc4", "#2e9e6b", "#c2447e", "#9a7b2f", "#5b8c9b", "#c0503a")
"""One for each of several runs; all are visible on light and on dark ground."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")

_component = component("curves", _PARTS, isolate_styles=False)


def run_colours(names: Iterable[str]) -> dict[str, str]:
    """Run name → CSS colour, for runs that are shown together.

    The colour follows from the name, so that a run mostly keeps it from page to page; of two runs with the same colour
    the second gets the next free one, if there is any.
    """
    chosen: dict[str, str] = {}
    for name in names:
        first = zlib.crc32(os.fsencode(name)) % len(RUN_COLOURS)
        turns = [RUN_COLOURS[(first + turn) % len(RUN_COLOURS)] for turn in range(len(RUN_COLOURS))]
        chosen[name] = next((colour for colour in turns if colour not in chosen.values()), turns[0])
    return chosen


def show(runs: Sequence[Run], *, is_active: bool, key: str) -> None:
    """Draw the curves of runs; they stay up to date while any of them ``is_active``.

    One run has a colour for each quantity; several are in one chart, each in its own colour of `run_colours`. The key
    also keeps the reader's settings while the runs change.
    """
    colours = run_colours(run.name for run in runs)
    data = {
        "runs": [
            {
                "name": run.address,
                "title": shown_name(run),
                "events": f"/api/runs/{run.address}/events?lang={spoken()}",
                "colour": colours[run.name],
                "dash": _DASHES[nth % len(_DASHES)],
            }
            for nth, run in enumerate(runs)
        ],
        "active": is_active,  # a run that had ended may be resumed
        "open": len(runs) > 1,
        "plotly": PLOTLY_URL,
        "texts": {name: t(f"live.{name}") for name in names("live")},
    }
    _component(data=data, key=key)
