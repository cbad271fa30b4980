"""The five families timed one after the other, on images of several sizes (a short job): the clock, not a formula.

Every network has random weights, sees one image at a time and computes on one thread, as the dashboard's own process
may be busy with the other. The shortest of a few passes counts.
"""

from collections.abc import Mapping
from typing import Any

import torch

from segcore.experiments.live_training import one_thread
from segcore.explain.architectures import ARCHITECTURES, build_architecture, options_of, profile, stages_of, time_pass
from segcore.job_context import JobContext

SIDES = (64, 128, 256)
PASSES = 3


@one_thread()
def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    """Time each family.

    Args:
        settings: ``width`` and ``stride`` as of `options_of`; ``sides`` in pixels.
        job: takes the progress.

    Returns:
        ``threads``, and ``families``: family → ``parameters``, and lists with one entry a side: ``side``, ``macs``,
        ``milliseconds``.
    """
    width, stride = int(settings["width"]), int(settings["stride"])
    sides = tuple(int(side) for side in settings["sides"])
    found: dict[str, Any] = {}
    for nth, family in enumerate(ARCHITECTURES):
        name, _ = options_of(family, width, stride)
        on_paper = build_architecture(family, width, stride)
        stages = stages_of(on_paper, name)
        rows = [profile(on_paper, stages, side) for side in sides]
        model = build_architecture(family, width, stride, device="cpu")
        took: list[float] = []
        for index, side in enumerate(sides):
            image = torch.zeros(1, 3, side, side)
            seconds = []
            for _ in range(1 + PASSES):  # the first one prepares
                job.progress(nth * len(sides) + index, len(ARCHITECTURES) * len(sides), doing="timing")
                seconds.append(time_pass(model, image))
            took.append(1000 * min(seconds[1:]))
        found[family] = {
            "parameters": rows[0].parameters,
            "side": list(sides),
            "macs": [row.macs for row in rows],
            "milliseconds": took,
        }
    return {"threads": torch.get_num_threads(), "families": found}
