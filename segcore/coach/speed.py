"""Is the machine held up? The rule about waiting for data."""

from statistics import median

from segcore.coach.advice import Advice, Remedy
from segcore.coach.curves import Curves

WAITING = 0.3
"""Part of the training time that is spent waiting for data, from which on it is worth a change."""
BUSY_CARD = 70.0
"""A card this busy (percent) is not held up: the processor waits early while the card still computes."""
EPOCHS = 3
"""So many of the latest epochs are looked at."""
STEPS = 20
"""In a first, long epoch: so many logged steps before anything is said. The first batches always take long."""
MOST_WORKERS = 16


def loader_bound(curves: Curves) -> Advice | None:
    """Much of the training time is spent waiting for images to be read, decoded and varied."""
    shares = [epoch.wait_share for epoch in curves.epochs[-EPOCHS:] if epoch.wait_share is not None]
    if not shares and len(curves.steps) >= STEPS:
        shares = [step.wait_share for step in curves.steps[-1:] if step.wait_share is not None]
    if not shares or median(shares) < WAITING:
        return None
    if curves.gpu_percent and median(curves.gpu_percent) >= BUSY_CARD:
        return None
    workers = int(curves.plan.get("workers", 0))
    wish = min(max(4, 2 * workers), curves.cores or MOST_WORKERS, MOST_WORKERS)
    remedies = (Remedy({"workers": wish}),) if wish > workers else ()
    return Advice("loader_bound", {"share": median(shares), "workers": workers}, "warning", remedies)
