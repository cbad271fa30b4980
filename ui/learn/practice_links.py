"""Links from a lesson to the pages on which its idea matters."""

from ui.learn.lesson import PracticeLink
from ui.widgets import frame


def to(page: str, label: str, **query: str) -> PracticeLink:
    """Return a link to a page by its name, with the query of its address."""
    return PracticeLink(label, frame.PAGES / f"{page}.py", query)
