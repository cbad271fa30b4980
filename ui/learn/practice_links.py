"""Links from a lesson to the pages on which its idea matters."""

from ui import links
from ui.learn.lesson import PracticeLink


def to(page: str, label: str, **query: str) -> PracticeLink:
    """Return a link to a page by its name, with the query of its address."""
    return PracticeLink(label, links.PAGES / f"{page}.py", query)
