"""The capstone: a checklist that leads through all pages with a run of the learner's own.

Train a network, move through its epochs, find its worst image, ask the lesson "why" about it, describe the finding in
one sentence, and export the report. A step counts as done only once it was done.

checklist   the steps, which of them are done, and the file that remembers it
steps       the widgets of each step
why_step    opens the lesson "why" with the worst image, and leads back
view        the page: the checklist and the current step
"""

from ui.learn.capstone.view import card, show
from ui.learn.capstone.why_step import return_bar

__all__ = ["card", "return_bar", "show"]
