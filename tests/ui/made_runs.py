"""Runs as a worker would leave them, without training: folders with events that were only written down."""

from typing import Any

from segcore.runs import Run, new_run

CLASSES = ["background", "<b>disc</b>"]


def made_run(name: str, *, state: str | None = "finished", epochs: int = 3, done: int = 3, **word: Any) -> Run:
    """A run of 10 steps an epoch, each validated; ``word`` goes with its last word.

    Args:
        name: of the run.
        state: its last word; None for one that was never started.
        epochs: it was made for.
        done: it has done.
    """
    run = new_run({"model": "unet", "data": ["/data/my **leaves**"], "epochs": epochs}, name=name)
    if state is None:
        return run
    run.emit("state", state="starting")
    run.emit("setup", classes=CLASSES, colours=[[0, 0, 0], [230, 159, 0]], steps_per_epoch=10, device="cpu")
    run.emit("state", state="running")
    for epoch in range(done):
        for step in range(10 * epoch, 10 * epoch + 10):
            run.emit(
                "step", epoch=epoch, step=step, loss=1 / (1 + step), gradient_norm=1.0, rate=0.1, images_per_second=41.0
            )
        miou = [0.2, 0.6, 0.5][epoch % 3]
        run.emit("val", epoch=epoch, step=10 * epoch + 10, loss=0.5, miou=miou, pixel_accuracy=0.9, iou=[miou, None])
        if epoch < 2:
            run.emit("best", epoch=epoch, miou=miou)
    run.emit("state", state=state, **word)
    return run
