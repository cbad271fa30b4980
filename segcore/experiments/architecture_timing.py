"""Job: time the five architectures one after the other, on images of several sizes.

Every network has random weights, processes one image at a time and uses one thread, because the dashboard itself may
need the others. The fastest of a few passes counts.
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
    """Time each architecture. Settings: ``width`` and ``stride`` as of `options_of`; ``sides`` in pixels.

    Returns:
        ``threads``, and ``families``: architecture → ``parameters``, and lists with one entry per side: ``side``,
        ``macs``, ``milliseconds``.
    """
    width, stride = int(settings["width"]), int(settings["stride"])
    sides = tuple(int(side) for side in settings["sides"])
    found: dict[str, Any] = {}
    for nth, architecture in enumerate(ARCHITECTURES):
        name, _ = options_of(architecture, width, stride)
        on_meta = build_architecture(architecture, width, stride)
        stages = stages_of(on_meta, name)
        rows = [profile(on_meta, stages, side) for side in sides]
        model = build_architecture(architecture, width, stride, device="cpu")
        took: list[float] = []
        for index, side in enumerate(sides):
            job.progress(nth * len(sides) + index, len(ARCHITECTURES) * len(sides), doing="timing")
            image = torch.zeros(1, 3, side, side)
            time_pass(model, image)  # warm-up
            took.append(1000 * min(time_pass(model, image) for _ in range(PASSES)))
        found[architecture] = {
            "parameters": rows[0].parameters,
            "side": list(sides),
            "macs": [row.macs for row in rows],
            "milliseconds": took,
        }
    return {"threads": torch.get_num_threads(), "families": found}
