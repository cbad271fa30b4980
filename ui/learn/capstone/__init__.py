"""The capstone: a checklist that leads through all pages with a run of the learner's own.

Train a network, move through its epochs, find its worst image, open the lesson "why" with it, describe the finding in
one sentence, and export the report.
"""

from ui.learn.capstone.view import card as card
from ui.learn.capstone.view import show as show
from ui.learn.capstone.why_step import return_bar as return_bar
