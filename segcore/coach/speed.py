"""The rule about training that waits for data."""

from statistics import median

from segcore.advice import Advice, Remedy
from segcore.coach.curves import Curves

WAITING = 0.3
"""Share of the training time spent waiting for data above which a change pays off."""
BUSY_CARD = 70.0
"""A GPU this busy (percent) does not wait: the CPU waits early while the GPU still computes."""
EPOCHS = 3
"""Number of latest epochs that count."""
STEPS = 20
"""Minimum number of logged steps in a long first epoch: the first batches are always slow."""
MOST_WORKERS = 16


def loader_bound(curves: Curves) -> Advice | None:
    """Advice where much of the training time is spent waiting for images to be read, decoded and augmented."""
    shares = [epoch.wait_share for epoch in curves.epochs[-EPOCHS:] if epoch.wait_share is not None]
    if not shares and len(curves.steps) >= STEPS:
        shares = [step.wait_share for step in curves.steps[-1:] if step.wait_share is not None]
    if not shares or median(shares) < WAITING:
        return None
    if curves.gpu_percent and median(curves.gpu_percent) >= BUSY_CARD:
        return None
    workers = int(curves.plan.get("workers", 0))
    better = min(max(4, 2 * workers), curves.cores or MOST_WORKERS, MOST_WORKERS)
    remedies = (Remedy("clone", {"workers": better}),) if better > workers else ()
    return Advice("coach.loader_bound", "warning", {"share": median(shares), "workers": workers}, remedies)
